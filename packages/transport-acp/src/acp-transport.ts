import {
  type AgentTransport,
  type Clock,
  type ConfigureCommand,
  type ForeignCommand,
  type ForeignQuery,
  type ForeignSession,
  type LogInCommand,
  type PermissionAnswer,
  type PromptCommand,
  type Reply,
  type SessionContext,
  type StartCommand,
  type StopCommand,
  systemClock,
} from '@agent-session/core'
import { agentProblem, eventListeners, expectDurations, expectOption, refusal } from '@agent-session/core/transport'
import type { ConnectAgent } from './acp-link.ts'
import { AcpSession } from './acp-session.ts'
import { type ErrandOptions, runErrand } from './agent-errand.ts'
import { foreignSessions } from './foreign-sessions.ts'
import type { LiveAgent } from './live-agent.ts'
import { type HostOptions, transportHost } from './transport-host.ts'

export interface AcpTransportOptions extends HostOptions {
  /** How to get an agent: `stdioAgents({ … })` of `./stdio`, or anything that gives an `AcpLink`. */
  readonly connect: ConnectAgent
  /** Default: the system's. */
  readonly clock?: Clock
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
export function createAcpTransport(options: AcpTransportOptions): AgentTransport & Required<Pick<AgentTransport, 'respond' | 'configure' | 'list' | 'fork' | 'forget' | 'logIn' | 'close'>> {
  const {
    connect,
    clock = systemClock,
    handshakeMs = 110_000,
    killAfterMs = 5_000,
    idleMs = 600_000,
  } = options ?? {}
  expectOption(typeof connect === 'function', 'createAcpTransport needs `connect`, the way to an agent: stdioAgents({ agents }) or webSocketAgents({ agents })')
  expectDurations({ handshakeMs, killAfterMs, idleMs })
  const host = transportHost(options)
  const errands = new Set<() => Promise<void>>()
  const listeners = eventListeners()
  const sessions = new Map<string, AcpSession>()
  let closed = false

  const sessionOf = (sessionId: string, context: SessionContext): AcpSession => {
    const known = sessions.get(sessionId)
    if (known !== undefined) return known
    const session = new AcpSession(sessionId, context, { connect, clock, host, handshakeMs, killAfterMs, idleMs, makeWay, emit: listeners.emit })
    sessions.set(sessionId, session)
    return session
  }

  /** Work with an agent of its own, which ends with the transport. */
  async function errand<Result>(context: SessionContext, work: (agent: LiveAgent, cwd: string) => Promise<Result>, limits: Pick<ErrandOptions, 'workMs'> = { workMs: handshakeMs }): Promise<Result> {
    let end: (() => Promise<void>) | undefined
    const onBegin = (given: () => Promise<void>): void => {
      end = given
      errands.add(given)
      if (closed) void given()
    }
    try {
      return await runErrand(context, { connect, clock, host, handshakeMs, onBegin, ...limits }, work)
    } finally {
      if (end !== undefined) errands.delete(end)
    }
  }

  /** Only one process may have a session of the agent's open: another session of ours that rests on it lets go. */
  async function makeWay(sessionId: string, agentSessionId: string | undefined): Promise<void> {
    if (agentSessionId === undefined || agentSessionId === '') return
    const others = [...sessions].filter(([id, other]) => id !== sessionId && other.agentSessionId === agentSessionId)
    await Promise.all(others.map(([, other]) => other.release()))
  }

  const closedReply = (): Extract<Reply, { ok: false }> => refusal('The transport is closed', 'disconnected')
  const unknownReply = (): Reply => refusal('No agent serves this session', 'no-session')

  return {
    capabilities: { list: true, configure: true, images: true, fork: true, forget: true, logIn: true },

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
      // A start that failed leaves nothing behind, not even an agent that is well; a prompt would begin anew.
      if (!reply.ok && sessions.get(sessionId) === session) {
        sessions.delete(sessionId)
        await session.close()
      }
      return reply
    },

    async prompt({ sessionId, run, prompt, steer = false, session }: PromptCommand) {
      if (closed) return closedReply()
      const known = sessionOf(sessionId, session)
      return steer ? known.steer(run, prompt) : known.prompt(run, prompt, 'go on')
    },

    async stop({ sessionId, run }: StopCommand) {
      return (await sessions.get(sessionId)?.stop(run)) ?? { ok: true }
    },

    async respond(answer: PermissionAnswer) {
      return (await sessions.get(answer.sessionId)?.respond(answer)) ?? unknownReply()
    },

    async configure({ sessionId, ...change }: ConfigureCommand) {
      return (await sessions.get(sessionId)?.configure(change)) ?? unknownReply()
    },

    async list(projectId: string, { provider, cwd }: ForeignQuery = {}) {
      const folder = cwd !== undefined && { cwd }
      const own = [...sessions.values()].flatMap(({ context, idleAgent }) => {
        if (context.projectId !== projectId || (provider ?? context.provider) !== context.provider) return []
        return [{ context: { ...context, ...folder }, idle: cwd === undefined || cwd === context.cwd ? idleAgent : undefined }]
      })
      // Of an agent that is named it is asked also where nothing of the project has run here.
      const named = own.length === 0 && provider !== undefined ? [{ context: { projectId, provider, ...folder }, idle: undefined }] : []
      const asked = new Set<string>()
      const found = new Map<string, ForeignSession>()
      for (const { context, idle } of [...own, ...named]) {
        const key = JSON.stringify([context.provider, context.cwd])
        if (closed || asked.has(key)) continue
        asked.add(key)
        const list = idle === undefined ? await errand(context, foreignSessions) : await foreignSessions(idle, idle.cwd)
        for (const session of list) found.set(session.agentSessionId, session)
      }
      return [...found.values()]
    },

    async fork({ agentSessionId, session }: ForeignCommand) {
      if (closed) return closedReply()
      try {
        const forked = await errand(session, async (agent) => {
          if (agent.abilities.fork !== true) throw agentProblem('not-supported', `The agent "${session.provider}" cannot fork a session`)
          const made = await agent.fork(agentSessionId, session)
          // It writes down what it was given before it is ended.
          await agent.closeSession(made)
          return made
        })
        return { ok: true, agentSessionId: forked }
      } catch (error) {
        return refusal(error)
      }
    },

    async forget({ agentSessionId, session }: ForeignCommand) {
      if (closed) return closedReply()
      try {
        await errand(session, async (agent) => {
          if (agent.abilities.forget !== true) throw agentProblem('not-supported', `The agent "${session.provider}" cannot forget a session`)
          await agent.forget(agentSessionId)
        })
        return { ok: true }
      } catch (error) {
        return refusal(error)
      }
    },

    async logIn({ methodId, session }: LogInCommand) {
      if (closed) return closedReply()
      try {
        // A person may be at it in a browser for as long as they need.
        await errand(session, (agent) => agent.logIn(methodId), {})
        return { ok: true }
      } catch (error) {
        return refusal(error)
      }
    },

    subscribe: listeners.subscribe,

    async close() {
      closed = true
      await Promise.all([...[...sessions.values()].map((session) => session.close()), ...[...errands].map((end) => end())])
      sessions.clear()
      listeners.clear()
    },
  }
}
