import type { ExpectedEnd } from '@agent-session/core/conformance'

/** What no recording has and a protocol allows, or what an agent might say that got it wrong. */
export interface InventedStream {
  readonly name: string
  readonly lines: readonly unknown[]
  /** How its last run must have ended. */
  readonly end: ExpectedEnd
}

/** More than any stack can go into: it may be reported, it may be shown, it may not throw. */
export const tooDeep: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)

export const completed: ExpectedEnd = { status: 'done', endReason: 'completed' }
export const failed: ExpectedEnd = { status: 'error', endReason: 'error' }
