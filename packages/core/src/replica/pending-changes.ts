import type { SessionField, SessionNotice } from '../session/agent-session.ts'
import type { SessionChange } from '../session/session-change.ts'
import type { SessionState } from '../session/session-state.ts'

/** The changes of one session since its last notice, neighbours joined: a thousand deltas of one message are one change. */
export class PendingChanges {
  readonly #changes: SessionChange[] = []
  #residency = false
  readonly #gone = { fields: new Set<SessionField>(), messageIds: new Set<string>() }

  add(change: SessionChange): void {
    const last = this.#changes.at(-1)
    if (change.type === 'message-extended' && last?.type === 'message-extended' && last.id === change.id) {
      this.#changes[this.#changes.length - 1] = { ...last, text: last.text + change.text }
    } else if (change.type === 'session-updated' && last?.type === 'session-updated') {
      this.#changes[this.#changes.length - 1] = { ...last, patch: { ...last.patch, ...change.patch } }
    } else {
      this.#changes.push(change)
    }
  }

  /** Messages left memory: news for those who show them, and no change of the session. */
  addResidency(): void {
    this.#residency = true
  }

  /** What was there before an `opened` took its place: it may not be in it, and those who watch it are to hear so. */
  addReplaced(state: SessionState, messageIds: readonly string[]): void {
    for (const field in state) this.#gone.fields.add(field as SessionField)
    for (const id of messageIds) this.#gone.messageIds.add(id)
  }

  get changes(): readonly SessionChange[] {
    return this.#changes
  }

  /** What the changes touched, for those who listen. */
  describe(): { notice: SessionNotice; messageIds: ReadonlySet<string> } {
    const fields = new Set(this.#gone.fields)
    const messageIds = new Set(this.#gone.messageIds)
    if (this.#residency) fields.add('messages').add('messageList')
    for (const change of this.#changes) describe(change, fields, messageIds)
    return { notice: { fields }, messageIds }
  }
}

function describe(change: SessionChange, fields: Set<SessionField>, messageIds: Set<string>): void {
  switch (change.type) {
    case 'opened':
      for (const field in change.state) fields.add(field as SessionField)
      fields.add('messages').add('messageList')
      for (const message of change.messages) messageIds.add(message.id)
      return
    case 'messages-appended':
      fields.add('messages').add('messageList').add('lastSeqId')
      for (const message of change.messages) messageIds.add(message.id)
      return
    case 'message-extended':
      fields.add('messages')
      messageIds.add(change.id)
      return
    case 'message-replaced':
      fields.add('messages')
      messageIds.add(change.message.id)
      return
    case 'messages-retracted':
      fields.add('messages').add('messageList')
      for (const id of change.ids) messageIds.add(id)
      return
    case 'session-updated':
      for (const field in change.patch) fields.add(field as SessionField)
      return
    case 'removed':
      fields.add('current').add('live')
      return
  }
}
