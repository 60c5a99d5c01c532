import type { HeldMessage } from './held-message.ts'
import type { Seen } from './readers/seen.ts'

/** The text of one delta: five characters. */
export const piece = 'word '

/** One of the things that are compared, driven through its public API. Each module of a subject exports one. */
export interface Subject {
  /** With so many messages in it, a turn under way, and a subscriber that reads at each notice. */
  open(held: readonly HeldMessage[], options: FeedOptions): Promise<Feed>
}

interface FeedOptions {
  /** How many events a notice is given for, where the subject leaves that to its user; the others do as they do. */
  readonly eventsPerNotice: number
}

/** A subject at work. */
export interface Feed {
  readonly seen: Seen
  /** How many deltas come between two of its own notices; absent where each batch may have any length. */
  readonly together?: number
  /** Streams so many more pieces into the last message; resolves when all are taken in and the subscriber had its notices. */
  deltas(count: number): Promise<void>
  /** As `deltas`, for so many times three whole messages: a tool call, its result, a text. */
  turns(count: number): Promise<void>
  /** Reads every message as a list in a UI does, and stays subscribed. Gives how many characters there were. */
  readAll(): number
  /** As `readAll`, each message by a subscription of its own, as rows do; absent where the subject has no such thing. */
  readEach?(): number
}
