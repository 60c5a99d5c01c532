import type { SessionMessage } from '../session/session-message.ts'
import type { PermissionRequest } from '../session/session-record.ts'

/** As much of a session as the rules look at. */
export interface RuledSession {
  readonly messages: readonly SessionMessage[]
  readonly permissions: readonly PermissionRequest[]
  readonly live: boolean
  readonly status: string
  /** Of a run that failed; absent where none did. */
  readonly error?: string | undefined
}

/**
 * What holds for every session, whatever its agent did; gives the rules that are broken, in words.
 * `retracted`: the seqIds of messages that were taken back, which may leave holes.
 */
export function brokenRules(session: RuledSession, retracted: ReadonlySet<number> = new Set()): string[] {
  const broken: string[] = []
  const { messages } = session
  let next = 1
  const ids = new Set<string>()
  for (const { id, seqId } of messages) {
    while (retracted.has(next) && next < seqId) next += 1
    if (seqId !== next) broken.push(`message ${id} has the seqId ${seqId}, where ${next} was next`)
    next = seqId + 1
    if (ids.has(id)) broken.push(`two messages have the id ${id}`)
    ids.add(id)
  }
  const calls = new Set<string>()
  for (const { role, toolCallId, id } of messages) {
    if (role === 'tool-call' && toolCallId !== undefined) {
      if (calls.has(toolCallId)) broken.push(`the tool call ${toolCallId} is there twice`)
      calls.add(toolCallId)
    }
    if (role === 'tool-result' && (toolCallId === undefined || !calls.has(toolCallId))) broken.push(`the tool result ${id} comes without its call`)
  }
  if (session.live) return broken
  for (const { id, streaming, toolState } of messages) {
    if (streaming === true) broken.push(`message ${id} is still streaming after the end`)
    if (toolState === 'running') broken.push(`the tool call ${id} is still running after the end`)
  }
  for (const { id, state } of session.permissions) {
    if (state === 'pending' || state === 'answering') broken.push(`the question ${id} still waits after the end`)
  }
  if (session.status === 'running') broken.push('the session is still running after the end')
  return [...broken, ...errorRules(session)]
}

function errorRules({ status, error, messages }: RuledSession): string[] {
  if (status !== 'error') return []
  if (error === undefined || error.trim() === '') return ['the run ended in an error that has no words']
  if (/^\[object \w+\]$|^(undefined|null)$/.test(error.trim())) return [`the run ended in an error whose words are "${error}"`]
  const spoken = messages.find(({ role, content }) => role === 'assistant' && content.trim() !== '' && error.includes(content.trim()))
  return spoken === undefined ? [] : [`the error is shown as an answer: "${spoken.content}"`]
}
