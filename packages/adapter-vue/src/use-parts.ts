import { followPart, type Live } from '@agent-session/core'
import { useLiveRefs, type Refs } from './use-live-refs.ts'

/** A read-only ref for each of these parts of something live, and of what takes its place. */
export function useParts<Source extends Live, Name extends keyof Source>(source: () => Source, names: readonly Name[]): Refs<Pick<Source, Name>>
export function useParts(source: () => Live, names: readonly string[]): object {
  const live = useLiveRefs()
  const part = (name: string) =>
    live(
      source,
      (from): unknown => Reflect.get(from, name),
      (from, changed) => followPart(from, name, changed),
    )
  return Object.fromEntries(names.map((name) => [name, part(name)]))
}
