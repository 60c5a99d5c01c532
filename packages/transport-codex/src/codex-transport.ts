import {
  type AgentTransport,
  type Capabilities,
  type Clock,
  type ConfigureCommand,
  type ForeignCommand,
  type ForeignQuery,
  type ForeignSession,
  type Forked,
  type PermissionAnswer,
  type PromptCommand,
  type Reply,
  type SessionContext,
  type StartCommand,
  type StopCommand,
  systemClock,
} from '@agent-session/core'
import { eventListeners, expectDurations, expectOption, type Refusal, refusal } from '@agent-session/core/transport'
import { codexPrograms, type CodexProgramsOptions } from './codex-programs.ts'
import type { CodexSessionOptions, Route } from './codex-session.ts'
import { EitherSession } from './either-session.ts'
import { foreignThreads, forgetThread, forkThread, withCodex } from './foreign-threads.ts'
import type { McpServerConfig } from './mcp-servers.ts'

/** What a transport to Codex is made with; all of it has a default. */
export interface CodexTransportOptions extends CodexProgramsOptions {
  /**
   * `app-server`: approvals, pieces of text as they come, steering. `exec`: a process for each prompt, for a Codex that
   * has no app-server. Default: the first where there is one, else the second.
   */
  readonly route?: Route
  /** Default: the system's. */
  readonly clock?: Clock
  /** What Codex is told of who talks to it. */
  readonly clientInfo?: { readonly name: string; readonly title: string; readonly version: string }
  /** MCP servers that starts may name, as Codex' own configuration has them: `{ command, args, env }`, `{ url }`. */
  readonly mcpServers?: Readonly<Record<string, McpServerConfig>>
  /** Ms that Codex may take until its session is open. Default 110 s, a little less than the store waits for a start. */
  readonly handshakeMs?: number
  /** Ms after a stop until a Codex that goes on regardless is killed. Default 5 s; `killAfterMs` of the programs is of their ends. */
  readonly stopMs?: number
  /** Ms without a prompt after which Codex is ended; the next prompt starts it again. Default 10 minutes. */
  readonly idleMs?: number
}

/** A transport to Codex: beside what every transport can, it answers, configures, lists, forks and forgets. */
export type CodexTransport = AgentTransport & Required<Pick<AgentTransport, 'respond' | 'configure' | 'list' | 'fork' | 'forget' | 'close'>>

/**
 * A transport to OpenAI's Codex. Each session has a program of its own, started with its first prompt and again whenever
 * it is needed and not there.
 *
 * Of the start options `cwd`, `model`, `permissionMode`, `systemPrompt`, `additionalDirectories`, `mcpServers`,
 * `agentSessionId` and `extraEnv` reach Codex; `maxTurns`, `claudeConfigDir` and `worktreeName` have no place there.
 */
export function createCodexTransport(options: CodexTransportOptions = {}): CodexTransport {
  const {
    route,
    clock = systemClock,
    clientInfo = { name: 'agent-session', title: 'Agent Session', version: '0.0.0' },
    mcpServers = {},
    handshakeMs = 110_000,
    stopMs = 5_000,
    idleMs = 600_000,
    ...programs
  } = options
  expectOption(route === undefined || route === 'app-server' || route === 'exec', `\`route\` is 'app-server', 'exec' or absent, not ${String(route)}`)
  expectDurations({ handshakeMs, stopMs, idleMs })
  const listeners = eventListeners()
  const sessions = new Map<string, EitherSession>()
  let found: Route = route ?? 'app-server'
  let closed = false

  const sessionOptions: CodexSessionOptions = { programs: codexPrograms({ ...programs, clock }), clock, clientInfo, mcpServers, handshakeMs, killAfterMs: stopMs, idleMs, emit: listeners.emit }
  const finder = {
    get route() {
      return found
    },
    missing: () => {
      found = 'exec'
    },
  }

  const sessionOf = (sessionId: string, context: SessionContext): EitherSession => {
    const known = sessions.get(sessionId)
    if (known !== undefined) return known
    const session = new EitherSession(sessionId, context, sessionOptions, finder)
    sessions.set(sessionId, session)
    return session
  }

  const closedReply = (): Refusal => refusal('The transport is closed', 'disconnected')
  /** For what only an app-server does. */
  const asked = async <Answer>(work: () => Promise<Answer>): Promise<Answer | Refusal> => {
    if (closed) return closedReply()
    try {
      return await work()
    } catch (error) {
      return refusal(error)
    }
  }
  /** Codex lets one program at a time write a thread: another session of ours that has it lets go of it. */
  const releaseThread = async (agentSessionId: string | undefined, butNot?: EitherSession): Promise<Reply> => {
    for (const own of sessions.values()) {
      if (own === butNot || agentSessionId === undefined || own.threadId !== agentSessionId) continue
      const released = await own.release()
      if (!released.ok) return released
    }
    return { ok: true }
  }
  const unknownReply = (): Reply => refusal('No agent serves this session', 'no-session')

  return {
    get capabilities(): Capabilities {
      const full = found === 'app-server'
      return { configure: true, list: full, fork: full, forget: full, steer: full, images: full }
    },

    async start(command: StartCommand) {
      if (closed) return closedReply()
      const { sessionId, run, prompt, messageId, ...context } = command
      const before = sessions.get(sessionId)
      sessions.delete(sessionId)
      await before?.close()
      if (closed) return closedReply()
      const released = await releaseThread(context.agentSessionId)
      if (!released.ok) return released
      const session = sessionOf(sessionId, context)
      const isImport = context.agentSessionId !== undefined && context.agentSessionId !== ''
      const reply = await session.prompt(run, messageId, prompt, isImport ? 'import' : 'begin')
      if (reply.ok) return reply
      // A start that failed leaves nothing behind, no program that is up either; a prompt would begin anew.
      if (sessions.get(sessionId) === session) sessions.delete(sessionId)
      await session.close()
      return reply
    },

    async prompt({ sessionId, run, prompt, messageId, steer, session }: PromptCommand) {
      if (closed) return closedReply()
      const own = sessionOf(sessionId, session)
      if (steer === true) return own.steer(messageId, prompt)
      const released = await releaseThread(own.threadId, own)
      return released.ok ? own.prompt(run, messageId, prompt, 'go on') : released
    },

    async stop({ sessionId, run }: StopCommand) {
      return (await sessions.get(sessionId)?.stop(run)) ?? { ok: true }
    },

    async respond(answer: PermissionAnswer) {
      return (await sessions.get(answer.sessionId)?.respond(answer)) ?? unknownReply()
    },

    async configure({ sessionId, ...change }: ConfigureCommand) {
      return sessions.get(sessionId)?.configure(change) ?? unknownReply()
    },

    async list(projectId: string, { provider, cwd }: ForeignQuery = {}) {
      const folder = cwd !== undefined && { cwd }
      const own = [...sessions.values()].flatMap(({ context, appServer }) => {
        if (context.projectId !== projectId || appServer === undefined || (provider ?? context.provider) !== context.provider) return []
        return [{ context: { ...context, ...folder }, idle: cwd === undefined || cwd === context.cwd ? appServer.idleConnection : undefined }]
      })
      // Of an agent that is named it is asked also where nothing of the project has run here.
      const named = own.length === 0 && provider !== undefined && found === 'app-server' ? [{ context: { projectId, provider, ...folder }, idle: undefined }] : []
      const asked = new Set<string>()
      const known = new Map<string, ForeignSession>()
      for (const { context, idle } of [...own, ...named]) {
        const key = JSON.stringify([context.provider, context.cwd])
        if (closed || asked.has(key)) continue
        asked.add(key)
        const list = idle === undefined ? await withCodex(context, sessionOptions, foreignThreads) : await foreignThreads(idle)
        for (const session of list) known.set(session.agentSessionId, session)
      }
      return [...known.values()]
    },

    async fork({ agentSessionId, session }: ForeignCommand) {
      return asked(async (): Promise<Forked> => ({ ok: true, agentSessionId: await withCodex(session, sessionOptions, (connection) => forkThread(connection, agentSessionId)) }))
    },

    async forget({ agentSessionId, session }: ForeignCommand) {
      return asked(async (): Promise<Reply> => {
        const released = await releaseThread(agentSessionId)
        if (!released.ok) return released
        await withCodex(session, sessionOptions, (connection) => forgetThread(connection, agentSessionId))
        return { ok: true }
      })
    },

    subscribe: listeners.subscribe,

    async close() {
      closed = true
      await Promise.all([...sessions.values()].map((session) => session.close()))
      sessions.clear()
      listeners.clear()
    },
  }
}
