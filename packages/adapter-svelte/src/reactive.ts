import { followPart, type Live } from '@agent-session/core'
import { untrack } from 'svelte'
import { createSubscribers } from './create-subscribers.ts'
import { view } from './view.ts'

/** The subject itself, or what gives it: then what is made of it follows. */
export type Given<Subject> = Subject | (() => Subject)

export const getterOf = <Subject extends string | undefined>(given: Given<Subject>): (() => Subject) => (typeof given === 'function' ? given : () => given)

/**
 * The same object, reactive: what reads a property of it runs again when `follow` says so of that property. Each is
 * followed while it is read, once for all its readers. `own` comes before what the object has.
 */
export function reactive<Source extends object>(
  source: Source,
  follow: (part: string, update: () => void) => () => void,
  own: Partial<Source> = {},
): Source {
  const track = createSubscribers(follow)
  return view(source, (name) => {
    const value: unknown = Reflect.get(name in own ? own : source, name)
    // Private fields are within reach only where the source itself is `this`.
    if (typeof value === 'function') return value.bind(source)
    if (typeof name === 'string') track(name)
    return value
  })
}

/** Something live, reactive in each of its parts. */
export const reactiveLive = <Source extends Live>(source: Source): Source =>
  reactive(source, (part, update) => followPart(source, part, update))

/** What `make` gives of a subject, reactive; where the subject is another, so is what is read. */
export function reactiveOf<Subject, Source extends Live>(subject: () => Subject, make: (subject: Subject) => Source): Source {
  const begin = (of: Subject) => ({ of, source: reactiveLive(make(of)) })
  let now = begin(untrack(subject))
  return view(now.source, (name) => {
    const of = subject()
    if (of !== now.of) now = begin(of)
    return Reflect.get(now.source, name)
  })
}
