import type { ForeignSession } from '@agent-session/core'
import { amountField, textField } from '@agent-session/core/transport'

/** What the SDK's `listSessions` tells. */
export function readForeignSessions(sessions: readonly unknown[]): ForeignSession[] {
  return sessions.flatMap((session): ForeignSession[] => {
    const agentSessionId = textField(session, 'sessionId')
    if (agentSessionId === undefined) return []
    const title = textField(session, 'customTitle') ?? textField(session, 'summary') ?? textField(session, 'firstPrompt')
    const cwd = textField(session, 'cwd')
    const updatedAt = amountField(session, 'lastModified')
    return [{ agentSessionId, ...(title !== undefined && { title }), ...(cwd !== undefined && { cwd }), ...(updatedAt !== undefined && { updatedAt }) }]
  })
}
