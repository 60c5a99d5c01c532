import type { SessionField, SessionNotice } from '../session/agent-session.ts'
import type { SessionChange } from '../session/session-change.ts'
import type { SessionState } from '../session/session-state.ts'
import type { SessionView } from '../session/session-view.ts'

type Extended = Extract<SessionChange, { type: 'message-extended' }>

/** The changes of one session since its last notice, neighbours joined: a thousand deltas of one message are one change. */
export class PendingChanges {
  readonly sessionId: string
  readonly view: SessionView
  readonly changes: SessionChange[] = []
  /** The last change, where it is one that was made here and that text can be put to. */
  #growing: { -readonly [Field in keyof Extended]: Extended[Field] } | undefined
  #residency = false
  #replaced: { readonly fields: Set<SessionField>; readonly messageIds: Set<string> } | undefined

  constructor(sessionId: string, view: SessionView) {
    this.sessionId = sessionId
    this.view = view
  }

  add(change: SessionChange): void {
    const growing = this.#growing
    if (growing !== undefined && change.type === 'message-extended' && change.id === growing.id) {
      growing.text += change.text
      return
    }
    this.#growing = undefined
    const last = this.changes.at(-1)
    if (change.type === 'message-extended' && last?.type === 'message-extended' && last.id === change.id) {
      this.#growing = { ...last, text: last.text + change.text }
      this.changes[this.changes.length - 1] = this.#growing
    } else if (change.type === 'session-updated' && last?.type === 'session-updated') {
      this.changes[this.changes.length - 1] = { ...last, patch: { ...last.patch, ...change.patch } }
    } else {
      this.changes.push(change)
    }
  }

  /** Messages left memory: news for those who show them, and no change of the session. */
  addResidency(): void {
    this.#residency = true
  }

  /** What was there before an `opened` took its place: it may not be in it, and those who watch it are to hear so. */
  addReplaced(state: SessionState, messageIds: readonly string[]): void {
    this.#replaced ??= { fields: new Set(), messageIds: new Set() }
    for (const field in state) this.#replaced.fields.add(field as SessionField)
    for (const id of messageIds) this.#replaced.messageIds.add(id)
  }

  /** What the changes touched, for those who listen. */
  notice(): SessionNotice {
    if (this.changes.length === 1 && this.changes[0]?.type === 'message-extended' && !this.#residency) return oneGrew
    const fields = new Set<SessionField>(this.#replaced?.fields)
    if (this.#residency) fields.add('messages').add('messageList')
    for (const change of this.changes) addFields(change, fields)
    return { fields }
  }

  /** The messages that the changes touched. */
  messageIds(): ReadonlySet<string> {
    const ids = new Set<string>(this.#replaced?.messageIds)
    for (const change of this.changes) addMessageIds(change, ids)
    return ids
  }
}

/** What a stream tells most of the time. */
const oneGrew: SessionNotice = { fields: new Set<SessionField>(['messages']) }

function addFields(change: SessionChange, fields: Set<SessionField>): void {
  switch (change.type) {
    case 'opened':
      for (const field in change.state) fields.add(field as SessionField)
      fields.add('messages').add('messageList')
      return
    case 'messages-appended':
      fields.add('messages').add('messageList').add('lastSeqId')
      return
    case 'message-extended':
    case 'message-replaced':
      fields.add('messages')
      return
    case 'messages-retracted':
      fields.add('messages').add('messageList')
      return
    case 'session-updated':
      for (const field in change.patch) fields.add(field as SessionField)
      return
    case 'removed':
      fields.add('current').add('live')
      return
    case 'listed':
      return
  }
}

function addMessageIds(change: SessionChange, ids: Set<string>): void {
  switch (change.type) {
    case 'opened':
    case 'messages-appended':
      for (const message of change.messages) ids.add(message.id)
      return
    case 'message-extended':
      ids.add(change.id)
      return
    case 'message-replaced':
      ids.add(change.message.id)
      return
    case 'messages-retracted':
      for (const id of change.ids) ids.add(id)
      return
    case 'session-updated':
    case 'removed':
    case 'listed':
      return
  }
}
