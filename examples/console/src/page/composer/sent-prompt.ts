import { promptText, type AgentSession, type Prompt } from '@agent-session/core'

/** A prompt that the host has not answered to: it is on its way, or its answer was lost with the line. */
export interface SentPrompt {
  readonly text: string
  readonly projectId: string
  /** The session that it is for; `undefined`: one that it begins. */
  readonly sessionId: string | undefined
  /** The last message there was in it. */
  readonly after: number
  /** The project's session when it was sent: the one that it begins is another. */
  readonly current: string | undefined
}

export const sentPrompt = (prompt: Prompt, projectId: string, to: AgentSession | undefined, current: AgentSession | undefined): SentPrompt => ({
  text: promptText(prompt),
  projectId,
  sessionId: to?.sessionId,
  after: to?.lastSeqId ?? 0,
  current: current?.sessionId,
})

/** Whether the session has it: said, or waiting for its turn. */
export function hasCome({ text, projectId, sessionId, after, current }: SentPrompt, session: AgentSession): boolean {
  if (session.projectId !== projectId) return false
  if (sessionId === undefined ? session.sessionId === current : session.sessionId !== sessionId) return false
  return session.messages.some(({ role, seqId, content }) => role === 'user' && seqId > after && content === text) || session.queue.some(({ prompt }) => promptText(prompt) === text)
}
