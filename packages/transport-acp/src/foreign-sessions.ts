import type { ForeignSession } from '@agent-session/core'
import { isoTime, listField, textField } from '@agent-session/core/transport'
import { methods } from '@agentclientprotocol/sdk/unstable'
import type { LiveAgent } from './live-agent.ts'

/** More pages of a list than anybody looks at; an agent may give the same one for ever. */
const mostPages = 20

/** The sessions that an agent remembers of a folder; none where it cannot tell. */
export async function foreignSessions(agent: LiveAgent, cwd: string): Promise<ForeignSession[]> {
  if (agent.abilities.list !== true) return []
  const found: ForeignSession[] = []
  let cursor: string | undefined
  for (let page = 0; page < mostPages; page += 1) {
    const result: unknown = await agent.connection.agent.request(methods.agent.session.list, { cwd, ...(cursor !== undefined && { cursor }) })
    for (const session of listField(result, 'sessions')) {
      const agentSessionId = textField(session, 'sessionId')
      if (agentSessionId === undefined) continue
      const title = textField(session, 'title')
      const folder = textField(session, 'cwd')
      const updatedAt = isoTime(textField(session, 'updatedAt'))
      found.push({
        agentSessionId,
        ...(title !== undefined && { title }),
        ...(folder !== undefined && { cwd: folder }),
        ...(updatedAt !== undefined && { updatedAt }),
      })
    }
    cursor = textField(result, 'nextCursor')
    if (cursor === undefined) break
  }
  return found
}
