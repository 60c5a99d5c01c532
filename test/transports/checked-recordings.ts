import { checkStream, type ExpectedEnd, type PlayedStream, type RecordedStream } from '@agent-session/core/conformance'
import { expect, it } from 'vitest'
import { shown } from './shown-session.ts'

/** Recorded streams with their fold. */
export interface CheckedRecordings {
  readonly names: readonly string[]
  /** As many there are: none was lost, and none came to be checked by nobody. */
  readonly count: number
  stream(name: string): RecordedStream<unknown>
  /** How the last run must have ended, where there was one. */
  endOf(name: string): ExpectedEnd
  /** Whether the session is one that somebody would see. Default: where something was prompted. */
  isShown?(name: string): boolean
  /** What is wrong with what the store was told of it; empty where nothing is. Default: all of it, so that not one message is of a kind that is not known. */
  wrongReports?(name: string, reports: PlayedStream['reports']): PlayedStream['reports']
  /** Of each stream, where long ones are cut at some of their lines only. Default: at all of them. */
  readonly cuts?: number
}

/**
 * The general rules, on each stream as it is, cut at its lines, and with every line doubled; and the session that comes of
 * it, as it was reviewed.
 */
export function testRecordings({ names, count, stream, endOf, isShown = () => true, wrongReports = (_name, reports) => reports, cuts }: CheckedRecordings): void {
  const bounds = cuts === undefined ? {} : { cuts }

  it('are all there', () => {
    expect(names.length).toBe(count)
  })

  it.each(names)('F16 %s: whole, cut at every line, with every line doubled', async (name) => {
    const recorded = stream(name)
    const isRun = recorded.lines.some((line) => recorded.promptOf?.(line) !== undefined)
    if (!isRun || !isShown(name)) return void (await checkStream(recorded, bounds))
    const played = await checkStream(recorded, { end: endOf(name), ...bounds })
    expect(wrongReports(name, played.reports)).toEqual([])
    await expect(shown(played)).toMatchFileSnapshot(`./recorded-streams/${name.replaceAll('/', '-')}.txt`)
  })
}
