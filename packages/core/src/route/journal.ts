import { AgentSessionError, errorText } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type { Cursor } from '../ports/cursor.ts'
import type { Clock } from '../ports/clock.ts'
import type { CommitBatch, MessageRecord } from '../ports/session-storage.ts'
import type { SessionRecord } from '../session/session-record.ts'
import type { SessionChange } from '../session/session-change.ts'
import { OwnedTimer } from '../timers/owned-timer.ts'
import { volatileFields, type SavedState } from '../session/session-state.ts'

export interface JournalOptions {
  readonly clock: Clock
  readonly limits: Limits
  /** From 0 to below 1, for jitter. */
  readonly random: () => number
  /** The record as it stands now. */
  readonly record: () => SessionRecord
  /** A message as it stands now; `undefined` when it is gone. */
  readonly message: (id: string) => MessageRecord | undefined
  /** All messages from this seqId on, as they stand now. */
  readonly messagesFrom: (seqId: number) => readonly MessageRecord[]
  readonly commit: (batch: CommitBatch) => Promise<void>
  /** Why nothing may be written now, because another process writes; `undefined` where it may. */
  readonly refusal: () => AgentSessionError | undefined
  readonly onState: (state: SavedState) => void
  readonly onError: (error: AgentSessionError) => void
}

interface Waiter {
  readonly version: number
  readonly resolve: () => void
  readonly reject: (error: AgentSessionError) => void
}

/**
 * What changed in one session since its last commit. A throttle: the first change arms the timer and later ones
 * join it (T6). One commit is in flight at a time, and what a failed one held joins the next (T8).
 */
export class Journal {
  readonly #options: JournalOptions
  readonly #timer: OwnedTimer
  /** The seqId of the first message that is new: all from there on are written, so that none of them is noted by itself. */
  #newFrom = Infinity
  /** Ids of others that changed. */
  #upsert = new Set<string>()
  #remove = new Set<string>()
  #committing: { readonly newFrom: number; readonly upsert: ReadonlySet<string> } | undefined
  #lastExtended: string | undefined
  #cursor: Cursor | undefined
  /** Rises with each change; what a commit held is told by it. */
  #version = 0
  #durable = 0
  /** Whether another change has nothing to do but to be noted: a save is coming, and that is told. */
  #joins = false
  #failures = 0
  #inFlight: Promise<void> | undefined
  #waiters: Waiter[] = []
  /** That somebody asked for a save while one was in flight. */
  #urgent = false
  /** That the commit in flight has taken too long; `undefined` while it has not. */
  #overdue: AgentSessionError | undefined
  #closed = false

  constructor(options: JournalOptions) {
    this.#options = options
    this.#timer = new OwnedTimer(options.clock)
  }

  /** Takes note of a change that has been applied. */
  note(change: SessionChange): void {
    if (this.#closed) return
    switch (change.type) {
      case 'messages-appended':
        this.#newFrom = Math.min(this.#newFrom, change.messages[0]?.seqId ?? Infinity)
        break
      case 'message-extended':
        // The same again, most of the time.
        if (change.id !== this.#lastExtended) this.#upsert.add((this.#lastExtended = change.id))
        break
      case 'message-replaced':
        this.#upsert.add(change.message.id)
        break
      case 'messages-retracted':
        this.#lastExtended = undefined
        for (const id of change.ids) {
          this.#upsert.delete(id)
          this.#remove.add(id)
        }
        break
      case 'session-updated':
        if (!touchesRecord(change.patch)) return
        break
      case 'opened':
      case 'removed':
      case 'listed':
        return
    }
    this.#changed()
  }

  /** Everything up to here has been applied: it is committed with what it covers. */
  noteCursor(cursor: Cursor): void {
    if (this.#closed) return
    this.#cursor = cursor
    this.#changed()
  }

  /** Notes messages that differ from what storage has, without having changed here. */
  noteMessages(ids: readonly string[]): void {
    if (this.#closed || ids.length === 0) return
    for (const id of ids) this.#upsert.add(id)
    this.#changed()
  }

  /** Whether nothing of this message is in storage yet. */
  isNew({ seqId }: Pick<MessageRecord, 'seqId'>): boolean {
    return seqId >= this.#newFrom || seqId >= (this.#committing?.newFrom ?? Infinity)
  }

  /** Whether this message has changed since the last commit, or is in one that has not ended. */
  holds(message: Pick<MessageRecord, 'id' | 'seqId'>): boolean {
    return this.isNew(message) || this.#upsert.has(message.id) || this.#committing?.upsert.has(message.id) === true
  }

  /** Saves at once. Resolves when all that is noted now is durable; rejects when this attempt fails (it is tried again) or hangs. */
  flush(): Promise<void> {
    if (this.#version === this.#durable || this.#closed) return this.#inFlight ?? Promise.resolve()
    const refused = this.#overdue ?? this.#options.refusal()
    if (refused !== undefined) return Promise.reject(refused)
    const version = this.#version
    const durable = new Promise<void>((resolve, reject) => this.#waiters.push({ version, resolve, reject }))
    this.#begin()
    return durable
  }

  /** Saves at once, or as soon as the commit in flight has ended; how it goes is told by state and event. */
  saveNow(): void {
    if (this.#version === this.#durable || this.#closed) return
    this.#begin()
  }

  /** Forgets what is not saved and starts nothing more; resolves when nothing is in flight. */
  async close(): Promise<void> {
    this.#closed = true
    this.#timer.clear()
    for (const waiter of this.#waiters.splice(0)) waiter.resolve()
    await this.#inFlight
  }

  #changed(): void {
    this.#version += 1
    if (this.#joins || this.#options.refusal() !== undefined) return
    this.#joins = true
    if (this.#inFlight === undefined && !this.#timer.armed) this.#arm(this.#options.limits.saveDelayMs)
    if (this.#failures === 0 && this.#overdue === undefined) this.#options.onState('saving')
  }

  #arm(ms: number): void {
    this.#timer.set(ms, () => this.#begin())
  }

  /** One at a time: while a commit is in flight, the next follows it at once. */
  #begin(): void {
    this.#joins = false
    this.#timer.clear()
    this.#urgent = this.#inFlight !== undefined
    if (this.#urgent) return
    if (this.#options.refusal() !== undefined) return this.#options.onState('failing')
    this.#inFlight = this.#commit().finally(() => {
      this.#inFlight = undefined
      this.#joins = false
      this.#continue()
    })
  }

  /** Never rejects: a failure is told by state, event and waiters. */
  async #commit(): Promise<void> {
    const { clock, limits, commit, record, message, messagesFrom, onState } = this.#options
    const [newFrom, upsert, remove, cursor, version] = [this.#newFrom, this.#upsert, this.#remove, this.#cursor, this.#version]
    this.#committing = { newFrom, upsert }
    this.#newFrom = Infinity
    this.#upsert = new Set()
    this.#remove = new Set()
    this.#cursor = undefined
    this.#lastExtended = undefined
    const watchdog = clock.setTimeout(() => {
      this.#overdue = new AgentSessionError('storage-timeout', `A save has taken more than ${limits.commitTimeoutMs} ms; it is still waited for.`)
      this.#fail(this.#overdue)
    }, limits.commitTimeoutMs)
    try {
      const changed = [...upsert].map(message).filter((found) => found !== undefined)
      const older = changed.filter(({ seqId }) => seqId < newFrom)
      await commit({ session: record(), upsert: [...older, ...messagesFrom(newFrom)], remove: [...remove], ...(cursor && { cursor }) })
      this.#failures = 0
      this.#durable = version
      this.#waiters = this.#waiters.filter((waiter) => waiter.version > version || waiter.resolve())
      if (!this.#closed) onState(this.#version === version ? 'saved' : 'saving')
    } catch (cause) {
      // What came meanwhile is newer: the ids join it. A removal stays one even where the message came back since: it
      // comes before what is written, and the old row would stay at its old place.
      this.#newFrom = Math.min(this.#newFrom, newFrom)
      for (const id of upsert) if (!this.#remove.has(id)) this.#upsert.add(id)
      for (const id of remove) this.#remove.add(id)
      this.#cursor ??= cursor
      this.#failures += 1
      this.#fail(
        AgentSessionError.isInstance(cause)
          ? cause
          : new AgentSessionError('storage-failed', `A save failed and is tried again: ${errorText(cause)}`, { cause }),
      )
    } finally {
      this.#committing = undefined
      clock.clearTimeout(watchdog)
      this.#overdue = undefined
    }
  }

  #fail(error: AgentSessionError): void {
    if (this.#closed) return
    this.#options.onState('failing')
    this.#options.onError(error)
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
  }

  #continue(): void {
    if (this.#closed || this.#version === this.#durable) return
    if (this.#failures > 0) this.#arm(this.#backoff())
    else if (this.#urgent) this.#begin()
    else this.#arm(this.#options.limits.saveDelayMs)
  }

  /** Doubles with each failure, and is spread so that many sessions do not come back at once. */
  #backoff(): number {
    const { limits, random } = this.#options
    const ms = Math.min(limits.retryMaxMs, limits.retryMinMs * 2 ** (this.#failures - 1))
    return ms * (0.5 + random() / 2)
  }
}

function touchesRecord(patch: object): boolean {
  for (const field in patch) if (!isVolatile(field)) return true
  return false
}

const isVolatile = (field: string): boolean => (volatileFields as ReadonlySet<string>).has(field)
