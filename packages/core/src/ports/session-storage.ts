import type { SessionMessage } from '../session/session-message.ts'
import type { SessionRecord } from '../session/session-record.ts'
import type { Cursor } from './cursor.ts'

/** A message as it is stored: the same fields as the one that is shown, so that a restored session equals the saved one. */
export type MessageRecord = SessionMessage

/** One atomic step of one session. */
export interface CommitBatch {
  /** The whole record as it stands now; it replaces the stored one, with fields too that this version does not know. */
  readonly session: SessionRecord
  /**
   * Messages that are new or changed since the last commit, by id; each replaces the stored one of that id. A message
   * keeps its seqId for as long as it is there, so a storage may find it by either; no two have the same.
   */
  readonly upsert: readonly MessageRecord[]
  /**
   * Ids of messages that were retracted. Unknown ones are ignored. Removals come first: an id that is in `upsert` too
   * was retracted and has come anew, in another place.
   */
  readonly remove: readonly string[]
  /** The highest one up to which everything has been applied. Absent leaves the stored one. */
  readonly cursor?: Cursor
  /**
   * The fence of the lease that this is written under. Older than the storage's newest when it is written: the commit is
   * refused with `lease-lost`. Absent: nothing is checked.
   */
  readonly fence?: number
}

/** Leave to write, which one holder has at a time. It ends by `release`, or is taken away: then `lost` resolves. */
export interface Lease {
  /** Rises with each lease of this database, whoever held it. */
  readonly fence: number
  /** Resolves once it is known that somebody else was given the lease: within seconds, without a commit too. Neither before nor after `release`. */
  readonly lost: Promise<void>
  /** Gives it to whoever waits for it; `lost` does not resolve then. Once more, or after it was lost, changes nothing. */
  release(): Promise<void>
}

/** How a lease is asked for. */
export interface LeaseRequest {
  /** Takes the lease from whoever holds it, at once: what that one commits from then on is refused. Absent: it is waited for. */
  readonly steal?: boolean
  /** Told when somebody else holds the lease, so that it has to be waited for; with that one's name where it is known. Once for each request. */
  readonly onWait?: (holder: string | undefined) => void
  /**
   * Ends the waiting when it resolves: `acquire` then rejects with `lease-held`. Once the lease is given it changes nothing.
   * Absent: it waits until the storage is closed.
   */
  readonly withdrawn?: Promise<void>
}

/** A part of a long list, newest first. */
export interface Page {
  /** How many at most; absent means 100, `Infinity` all. */
  readonly limit?: number
  /** How many to pass over first; absent means none. */
  readonly offset?: number
}

/** By seqId, both ends exclusive; absent means no bound. With `limit` the newest that fit are given. Always in seqId order. */
export interface MessageRange {
  /** A seqId: only those after it. */
  readonly after?: number
  /** A seqId: only those before it. */
  readonly before?: number
  /** How many at most; absent and `Infinity` mean all of the range. */
  readonly limit?: number
}

/** What a list of sessions shows: these fields and no other, as the record has them; what it does not have is absent. */
export type SessionSummary = Pick<
  SessionRecord,
  | 'sessionId'
  | 'projectId'
  | 'provider'
  | 'status'
  | 'endReason'
  | 'title'
  | 'model'
  | 'costUsd'
  | 'inputTokens'
  | 'outputTokens'
  | 'error'
  | 'pinned'
  | 'createdAt'
  | 'updatedAt'
  | 'lastSeqId'
>

/** A message that a search found. */
export interface Hit {
  readonly sessionId: string
  readonly projectId: string
  readonly message: MessageRecord
}

/**
 * Where sessions are kept. Ids are arbitrary text to a storage – of any length, with NUL and halves of characters, and
 * never like one another but where they are equal: it binds or encodes them, and never builds a key or a path of them.
 * Values are what JSON holds, and come back as they were: an absent field absent, a text in its very characters. Keys of
 * the names `__proto__`, `constructor` and `prototype` are the exception: they may go, and never reach a prototype.
 *
 * What a method gives is the caller's: changing it later changes nothing stored. What a method is given it does not
 * change, and does not look at again once it has settled.
 *
 * Methods may be called while others are under way. Commits and deletions apply in the order of their calls; a read shows
 * of each of them all or nothing, and all of it once it has resolved – in every storage that is open on the database.
 *
 * Every method rejects with an `AgentSessionError` (`storage-…`) where it cannot do its work, and with
 * `storage-closed` after `close`; none throws, and none leaves its promise open.
 */
export interface SessionStorage {
  /**
   * Only for legacy hosts that cannot commit atomically. Absent means that it can. What such a host cannot do at all, as
   * list or delete, is rejected with `not-supported`.
   */
  readonly atomic?: false
  /**
   * One writer for each database, among all processes and all storages that are open on it; a second request to the same
   * storage is a second owner. `owner` names it to the others. Resolves when the lease is given: at once where nobody has
   * it, else after its holder let go of it, within 1 s after that one's process (or tab) is gone, within 10 s where it is
   * there and does not move. `close` gives the lease back and ends the waiting with `storage-closed`. Absent: the storage
   * leaves that to its user.
   */
  acquire?(owner: string, request?: LeaseRequest): Promise<Lease>
  /**
   * All or nothing, and idempotent: the same batch again changes nothing. Resolves when it would outlive the process. What
   * it costs goes by the batch, not by the length of the session.
   */
  commit(batch: CommitBatch): Promise<void>
  /** The session of the project with the newest `updatedAt`, the first of its list; `undefined` when it has none. */
  lastSession(projectId: string): Promise<SessionRecord | undefined>
  /** Newest `updatedAt` first, of one project or of all. Where several have one time, each call has them in the same order. */
  listSessions(projectId?: string, page?: Page): Promise<SessionSummary[]>
  /** `undefined` when there is none of that id. */
  loadSession(sessionId: string): Promise<SessionRecord | undefined>
  /** The cursor of the last commit that had one, or `undefined`. */
  loadCursor?(sessionId: string): Promise<Cursor | undefined>
  /**
   * Those of the range, in seqId order; `[]` when there is no such session. An absent range means all. What it costs goes
   * by what it gives.
   */
  loadMessages(sessionId: string, range?: MessageRange): Promise<MessageRecord[]>
  /** The sessions with all that belongs to them. Unknown ids are ignored. */
  deleteSessions(sessionIds: readonly string[], fence?: number): Promise<void>
  /**
   * Messages whose `content` has the text anywhere in it, character by character but for the case of a to z; none where the
   * text is `''`. The newest session first, and of each the newest message. Absent: the storage cannot search.
   */
  search?(text: string, page?: Page): Promise<Hit[]>
  /**
   * Tells which sessions were written or deleted by another process or another storage that is open on the database (under
   * the lease, where there are leases), soon after, when they can be read as they are now; returns its own unsubscribe. A store that only reads shows them then as
   * they are stored. Absent: nobody is told, and it shows them as they were when they were read.
   */
  onChange?(listener: (sessionIds: readonly string[]) => void): () => void
  /** Resolves when nothing is written any more. Once more changes nothing. Absent: nothing is held that needs an end. */
  close?(): Promise<void>
}
