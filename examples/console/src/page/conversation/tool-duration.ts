import type { SessionMessage } from '@agent-session/core'
import { durationInShort, durationInWords } from '../text/duration.ts'

/** How long a tool has taken, or took. */
export interface ToolDuration {
  readonly short: string
  /** After its state, such as `for 12 seconds`. */
  readonly words: string
}

/** A clock of another machine may be a little off, and what took no time is not worth a word. */
const leastMs = 50

/**
 * From the call to its whole result. `undefined` where that is not known: the tool was cancelled, gave nothing, or the
 * session came from where times are not kept. `now`, in epoch ms, is asked only while the tool runs.
 */
export function toolDuration(call: SessionMessage, result: SessionMessage | undefined, now: () => number): ToolDuration | undefined {
  if (call.toolState === 'running') {
    const ms = now() - call.timestamp
    return ms < 1_000 ? undefined : { short: durationInShort(Math.floor(ms / 1_000) * 1_000).replace('.0 s', ' s'), words: `for ${durationInWords(ms)}` }
  }
  if ((call.toolState !== 'done' && call.toolState !== 'failed') || result === undefined || result.streaming || result.cut) return undefined
  const ms = result.timestamp - call.timestamp
  return ms < leastMs ? undefined : { short: durationInShort(ms), words: `after ${ms < 1_000 ? 'less than a second' : durationInWords(ms)}` }
}
