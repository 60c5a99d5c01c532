import { MessageLog } from './message-log.ts'
import type { SessionChange, StatePatch } from './session-change.ts'
import type { SessionMessage } from './session-message.ts'
import type { SessionState } from './session-state.ts'

type Opened = Extract<SessionChange, { type: 'opened' }>

/** A session's state and messages, changed by `SessionChange`s and by nothing else: the same in the owner and in a mirror. */
export class SessionModel {
  #log = new MessageLog()
  #state: SessionState
  #lastSeqId: number
  #hasOlder = false
  #pagedIn = 0

  constructor(opened: Opened) {
    this.#state = opened.state
    this.#lastSeqId = opened.state.lastSeqId
    this.#open(opened)
  }

  get log(): MessageLog {
    return this.#log
  }

  /** Whether there are messages before the first resident one. */
  get hasOlder(): boolean {
    return this.#hasOlder
  }

  /** Older messages come into memory: no change of the session, only of what is resident. */
  prepend(messages: readonly SessionMessage[], hasOlder: boolean): void {
    this.#log.prepend(messages)
    this.#hasOlder = hasOlder
    this.#pagedIn += messages.length
  }

  /** Messages that were paged in may leave again. */
  releasePages(): void {
    this.#pagedIn = 0
  }

  /**
   * Lets the oldest messages leave memory where there are more than `limit` beside those that were paged in; gives how
   * many went. By a quarter of the limit at a time, so that a message costs the same however many there are. What still
   * streams or runs leaves the list too, and stays at hand until it has ended.
   */
  evict(limit: number, mayLeave: (message: SessionMessage) => boolean): number {
    this.#log.releaseAside(mayLeave)
    const excess = this.#log.length - limit - this.#pagedIn
    if (excess < limit / 4) return 0
    let count = 0
    for (let oldest = this.#log.at(0); oldest && count < excess && mayLeave(oldest); oldest = this.#log.at(count)) count += 1
    if (count === 0) return 0
    this.#log.dropOldest(count)
    this.#hasOlder = true
    return count
  }

  #open({ state, messages, hasOlder, aside }: Opened): void {
    this.#log = new MessageLog()
    this.#state = state
    this.#lastSeqId = state.lastSeqId
    this.#hasOlder = hasOlder
    this.#pagedIn = 0
    for (const message of aside ?? []) this.#log.putAside(message)
    for (const message of messages) this.#log.append(message)
  }

  get state(): SessionState {
    // Joined when it is read: most messages come with an update of the state, and one copy of it does for both.
    if (this.#lastSeqId !== this.#state.lastSeqId) this.#state = { ...this.#state, lastSeqId: this.#lastSeqId }
    return this.#state
  }

  apply(change: SessionChange): void {
    switch (change.type) {
      case 'messages-appended': {
        for (const message of change.messages) this.#log.append(message)
        this.#lastSeqId = change.messages.at(-1)?.seqId ?? this.#lastSeqId
        return
      }
      case 'message-extended':
        return this.#log.extend(change.id, change.text)
      case 'message-replaced':
        return this.#log.replace(change.message)
      case 'messages-retracted':
        return this.#log.retract(change.ids)
      case 'session-updated':
        this.#state = patched(this.#state, { lastSeqId: this.#lastSeqId, ...change.patch })
        this.#lastSeqId = this.#state.lastSeqId
        return
      case 'opened':
        return this.#open(change)
      case 'removed':
        this.#state = { ...this.state, current: false, live: false }
        return
      case 'listed':
        return
    }
  }
}

function patched(state: SessionState, patch: StatePatch): SessionState {
  const next = Object.assign({ ...state }, patch)
  let lost = false
  for (const field in patch) {
    // A key that is there but undefined would come back from JSON as absent: a restored session must equal the saved one.
    if (Reflect.get(patch, field) === undefined) lost = Reflect.deleteProperty(next, field)
  }
  // An object that lost a key is slow to copy from then on, and a state is copied often.
  return lost ? { ...next } : next
}
