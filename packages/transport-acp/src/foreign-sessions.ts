import { type Clock, type ForeignSession, within } from '@agent-session/core'
import { type Implementation, methods } from '@agentclientprotocol/sdk/unstable'
import type { ConnectAgent } from './acp-link.ts'
import { isoTime } from './defaults/iso-time.ts'
import { listField, textField } from './fold/unknown-data.ts'
import { LiveAgent } from './live-agent.ts'

/** More pages of a list than anybody looks at; an agent may give the same one for ever. */
const mostPages = 20

/** The sessions that an agent remembers of a folder; none where it cannot tell. */
export async function foreignSessions(agent: LiveAgent, cwd: string): Promise<ForeignSession[]> {
  if (!agent.can('list')) return []
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

export interface AskOptions {
  readonly connect: ConnectAgent
  readonly clock: Clock
  readonly clientInfo: Implementation
  readonly handshakeMs: number
}

/** The same from an agent that is started for nothing else. */
export async function askForSessions(provider: string, cwd: string | undefined, options: AskOptions): Promise<ForeignSession[]> {
  const { connect, clock, clientInfo, handshakeMs } = options
  const link = await connect({ provider, sessionId: '', ...(cwd !== undefined && { cwd }), env: {} })
  const agent = new LiveAgent(provider, link, clock, clientInfo.name, {
    sending: () => {},
    received: () => {},
    ask: () => Promise.resolve({ outcome: { outcome: 'cancelled' } }),
    gone: () => {},
  })
  try {
    const asked = await within(clock, handshakeMs, agent.initialize(clientInfo).then(() => foreignSessions(agent, link.cwd)))
    return asked.timely ? asked.value : []
  } finally {
    await agent.kill()
  }
}
