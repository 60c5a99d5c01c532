import type { ExpectedEnd } from '@agent-session/core/conformance'

/** What no recording has and a protocol allows, or what an agent might say that got it wrong. */
export interface InventedStream {
  readonly name: string
  readonly lines: readonly unknown[]
  /** How its last run must have ended. */
  readonly end: ExpectedEnd
}

export const completed: ExpectedEnd = { status: 'done', endReason: 'completed' }
export const failed: ExpectedEnd = { status: 'error', endReason: 'error' }
