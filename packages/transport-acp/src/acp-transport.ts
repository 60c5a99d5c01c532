import {
  type AgentEvent,
  type AgentTransport,
  type Clock,
  type ConfigureCommand,
  type ForeignSession,
  type PermissionAnswer,
  type PromptCommand,
  type Reply,
  type SessionContext,
  type StartCommand,
  type StopCommand,
  systemClock,
} from '@agent-session/core'
import type { Implementation } from '@agentclientprotocol/sdk/unstable'
import type { ConnectAgent } from './acp-link.ts'
import { AcpSession } from './acp-session.ts'
import { refusal } from './agent-problem.ts'
import { askForSessions, foreignSessions } from './foreign-sessions.ts'

export interface AcpTransportOptions {
  /** How to get an agent: `stdioAgents({ … })` of `./stdio`, or anything that gives an `AcpLink`. */
  readonly connect: ConnectAgent
  /** Default: the system's. */
  readonly clock?: Clock
  /** What the agent is told of who talks to it. */
  readonly clientInfo?: Implementation
  /** Ms that an agent may take until its session is open. Default 110 s, a little less than the store waits for a start. */
  readonly handshakeMs?: number
  /** Ms after a stop until an agent that goes on regardless is killed. Default 5 s. */
  readonly killAfterMs?: number
  /** Ms without a prompt after which an agent that can resume its session is ended; the next prompt starts it again. Default 10 minutes. */
  readonly idleMs?: number
}

/**
 * A transport to agents that speak the Agent Client Protocol. Each session has an agent of its own, started with its
 * first prompt and again whenever it is needed and not there.
 *
 * Of the start options `cwd`, `model`, `permissionMode`, `systemPrompt`, `additionalDirectories`, `agentSessionId`,
 * `extraEnv` and `claudeConfigDir` reach the agent, where it has a place for them; `maxTurns` and `worktreeName` have
 * none in the protocol.
 */
export function createAcpTransport(options: AcpTransportOptions): AgentTransport & Required<Pick<AgentTransport, 'respond' | 'configure' | 'list' | 'close'>> {
  const {
    connect,
    clock = systemClock,
    clientInfo = { name: 'agent-session', title: 'Agent Session', version: '0.0.0' },
    handshakeMs = 110_000,
    killAfterMs = 5_000,
    idleMs = 600_000,
  } = options
  const listeners = new Set<(event: AgentEvent) => void>()
  const sessions = new Map<string, AcpSession>()
  let closed = false

  const emit = (event: AgentEvent): void => {
    for (const listener of listeners) {
      try {
        listener(event)
      } catch {
        // Whoever listens answers for itself: the others hear it all the same, and the agent is read on.
      }
    }
  }

  const sessionOf = (sessionId: string, context: SessionContext): AcpSession => {
    const known = sessions.get(sessionId)
    if (known !== undefined) return known
    const session = new AcpSession(sessionId, context, { connect, clock, clientInfo, handshakeMs, killAfterMs, idleMs, emit })
    sessions.set(sessionId, session)
    return session
  }

  const closedReply = (): Reply => refusal('The transport is closed', 'disconnected')
  const unknownReply = (): Reply => refusal('No agent serves this session', 'no-session')

  return {
    capabilities: { list: true, configure: true, images: true },

    async start(command: StartCommand) {
      if (closed) return closedReply()
      const { sessionId, run, prompt, messageId: _messageId, ...context } = command
      const before = sessions.get(sessionId)
      sessions.delete(sessionId)
      await before?.close()
      if (closed) return closedReply()
      const session = sessionOf(sessionId, context)
      const isImport = context.agentSessionId !== undefined && context.agentSessionId !== ''
      const reply = await session.prompt(run, prompt, isImport ? 'import' : 'begin')
      // A start that failed leaves nothing behind; a prompt would begin anew.
      if (!reply.ok && sessions.get(sessionId) === session) sessions.delete(sessionId)
      return reply
    },

    async prompt({ sessionId, run, prompt, session }: PromptCommand) {
      return closed ? closedReply() : sessionOf(sessionId, session).prompt(run, prompt, 'go on')
    },

    async stop({ sessionId, run }: StopCommand) {
      return (await sessions.get(sessionId)?.stop(run)) ?? { ok: true }
    },

    async respond(answer: PermissionAnswer) {
      return (await sessions.get(answer.sessionId)?.respond(answer)) ?? unknownReply()
    },

    async configure({ sessionId, mode, model }: ConfigureCommand) {
      const change = { ...(mode !== undefined && { mode }), ...(model !== undefined && { model }) }
      return (await sessions.get(sessionId)?.configure(change)) ?? unknownReply()
    },

    async list(projectId: string) {
      const asked = new Set<string>()
      const found = new Map<string, ForeignSession>()
      for (const { context, idleAgent } of sessions.values()) {
        const { provider, cwd } = context
        const key = JSON.stringify([provider, cwd])
        if (closed || context.projectId !== projectId || asked.has(key)) continue
        asked.add(key)
        const list =
          idleAgent === undefined
            ? await askForSessions(provider, cwd, { connect, clock, clientInfo, handshakeMs })
            : await foreignSessions(idleAgent, idleAgent.cwd)
        for (const session of list) found.set(session.agentSessionId, session)
      }
      return [...found.values()]
    },

    subscribe(listener) {
      // A function of its own for each subscription, so that the same listener twice is two subscriptions.
      const own = (event: AgentEvent): void => listener(event)
      listeners.add(own)
      return () => void listeners.delete(own)
    },

    async close() {
      closed = true
      await Promise.all([...sessions.values()].map((session) => session.close()))
      sessions.clear()
      listeners.clear()
    },
  }
}
