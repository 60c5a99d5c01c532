import {
  type AgentTransport,
  type Clock,
  type ConfigureCommand,
  type ForeignCommand,
  type ForeignQuery,
  type ForeignSession,
  newId as randomId,
  type PermissionAnswer,
  type PromptCommand,
  type SessionContext,
  type StartCommand,
  type StopCommand,
  systemClock,
} from '@agent-session/core'
import { eventListeners, expectDurations, expectOption, refusal } from '@agent-session/core/transport'
import { type ClaudeSdk, isSdk, loadClaudeSdk } from './claude-sdk.ts'
import { ClaudeSession } from './claude-session.ts'
import { readForeignSessions } from './foreign-sessions.ts'
import type { HostOptions } from './query-options.ts'

export interface ClaudeTransportOptions {
  /** The SDK, or how to get it. Default: `@anthropic-ai/claude-agent-sdk` as it is installed beside the app, loaded with the first start. */
  readonly sdk?: ClaudeSdk | (() => Promise<ClaudeSdk>)
  /**
   * More options for the SDK's `query()`: `mcpServers`, `hooks`, `agents`, `allowedTools`, `settingSources`,
   * `includeHookEvents`, `pathToClaudeCodeExecutable`… They come from the host alone; what a session was started with goes before them.
   */
  readonly options?: HostOptions | ((context: SessionContext) => HostOptions)
  /** The MCP servers that a session can be started with, by the names that it says. Those of `options` every session has. */
  readonly mcpServers?: Readonly<Record<string, unknown>>
  /** The program's environment. Default: this process's own. A session's `extraEnv` is added. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Whether a session may be started in, or put into, the mode that asks for nothing. Default: no. */
  readonly allowBypass?: boolean
  /** The folder of a project, to list the sessions that people ran there. Default: that of the project's sessions here. */
  readonly folderOf?: (projectId: string) => string | undefined
  /** Default: the system's. */
  readonly clock?: Clock
  /** Ms that the program may take until it is up. Default 110 s, a little less than the store waits for a start. */
  readonly handshakeMs?: number
  /** Ms after a stop until a program that goes on regardless is killed. Default 5 s. */
  readonly killAfterMs?: number
  /** Ms without a prompt after which the program is ended; the next prompt starts it again. Default 10 minutes. */
  readonly idleMs?: number
  /** A new UUID, for prompts whose own id is none. Default: a random one. */
  readonly newId?: () => string
}

export type ClaudeTransport = AgentTransport & Required<Pick<AgentTransport, 'respond' | 'configure' | 'list' | 'fork' | 'forget' | 'close'>>

/**
 * A transport to Claude Code by the Claude Agent SDK. Each session has a process of its own, started with its first
 * prompt and again whenever it is needed and not there. Every start option reaches it.
 */
export function createClaudeTransport(options: ClaudeTransportOptions = {}): ClaudeTransport {
  const {
    options: hostOptions = {},
    mcpServers = {},
    env = process.env,
    allowBypass = false,
    folderOf = () => undefined,
    clock = systemClock,
    handshakeMs = 110_000,
    killAfterMs = 5_000,
    idleMs = 600_000,
    newId = randomId,
  } = options
  expectOption(options.sdk === undefined || typeof options.sdk === 'function' || isSdk(options.sdk), '`sdk` is the Claude Agent SDK as it is imported, or a function that imports it: () => import(\'@anthropic-ai/claude-agent-sdk\')')
  expectDurations({ handshakeMs, killAfterMs, idleMs })
  const listeners = eventListeners()
  const sessions = new Map<string, ClaudeSession>()
  let loading: Promise<ClaudeSdk> | undefined
  let closed = false

  const sdk = (): Promise<ClaudeSdk> => {
    const given = options.sdk ?? loadClaudeSdk
    if (typeof given !== 'function') return Promise.resolve(given)
    loading ??= given().catch((error: unknown) => {
      // It may be installed by the next time.
      loading = undefined
      throw error
    })
    return loading
  }

  const sessionOf = (sessionId: string, context: SessionContext): ClaudeSession => {
    const known = sessions.get(sessionId)
    if (known !== undefined) return known
    const session = new ClaudeSession(sessionId, context, {
      sdk,
      clock,
      env,
      hostOptions: (about) => (typeof hostOptions === 'function' ? hostOptions(about) : hostOptions),
      mcpServers,
      allowBypass,
      handshakeMs,
      killAfterMs,
      idleMs,
      newId,
      emit: listeners.emit,
    })
    sessions.set(sessionId, session)
    return session
  }

  /** Two processes in one session of the program's would write over each other: another session of ours that rests on it lets go. */
  const makeWay = async (sessionId: string, agentSessionId: string | undefined): Promise<void> => {
    if (agentSessionId === undefined || agentSessionId === '') return
    const others = [...sessions].filter(([id, other]) => id !== sessionId && other.agentSessionId === agentSessionId)
    await Promise.all(others.map(([, other]) => other.release()))
  }

  const closedReply = () => refusal('The transport is closed', 'disconnected')
  const unknownReply = () => refusal('Claude does not serve this session', 'no-session')

  return {
    capabilities: { list: true, configure: true, images: true, steer: true, fork: true, forget: true },

    async start(command: StartCommand) {
      if (closed) return closedReply()
      const { sessionId, run, prompt, messageId, ...context } = command
      const before = sessions.get(sessionId)
      sessions.delete(sessionId)
      await before?.close()
      await makeWay(sessionId, context.agentSessionId)
      if (closed) return closedReply()
      const session = sessionOf(sessionId, context)
      const reply = await session.prompt(run, prompt, messageId, false)
      // A start that failed leaves nothing behind; a prompt would begin anew.
      if (!reply.ok && sessions.get(sessionId) === session) sessions.delete(sessionId)
      return reply
    },

    async prompt({ sessionId, run, prompt, messageId, steer = false, session }: PromptCommand) {
      if (closed) return closedReply()
      const known = sessionOf(sessionId, session)
      await makeWay(sessionId, known.agentSessionId)
      return known.prompt(run, prompt, messageId, steer)
    },

    async stop({ sessionId, run }: StopCommand) {
      return (await sessions.get(sessionId)?.stop(run)) ?? { ok: true }
    },

    async respond(answer: PermissionAnswer) {
      return (await sessions.get(answer.sessionId)?.respond(answer)) ?? unknownReply()
    },

    async configure({ sessionId, mode, model, settings = {} }: ConfigureCommand) {
      if (Object.keys(settings).length > 0) return refusal('Claude has no settings beside its mode and its model', 'not-supported')
      const change = { ...(mode !== undefined && { mode }), ...(model !== undefined && { model }) }
      return (await sessions.get(sessionId)?.configure(change)) ?? unknownReply()
    },

    async list(projectId: string, { cwd }: ForeignQuery = {}) {
      const ofProject = [...sessions.values()].filter(({ context }) => context.projectId === projectId)
      const known = cwd === undefined ? [folderOf(projectId), ...ofProject.map(({ context }) => context.cwd)] : [cwd]
      const folders = new Set(known.filter((dir) => dir !== undefined && dir !== ''))
      const found = new Map<string, ForeignSession>()
      if (closed || folders.size === 0) return []
      const claude = await sdk()
      for (const dir of folders) {
        const kept = (await claude.listSessions?.({ ...(dir !== undefined && { dir }) })) ?? []
        for (const session of readForeignSessions(kept)) found.set(session.agentSessionId, session)
      }
      return [...found.values()]
    },

    async fork({ agentSessionId, session }: ForeignCommand) {
      if (closed) return closedReply()
      try {
        const claude = await sdk()
        if (claude.forkSession === undefined) return refusal('This version of the Claude Agent SDK cannot copy a session. Install a newer one.', 'not-supported')
        const copy = await claude.forkSession(agentSessionId, folderIn(session))
        return { ok: true, agentSessionId: copy.sessionId }
      } catch (error) {
        return refusal(error, 'session-not-found')
      }
    },

    async forget({ agentSessionId, session }: ForeignCommand) {
      if (closed) return closedReply()
      try {
        const claude = await sdk()
        if (claude.deleteSession === undefined) return refusal('This version of the Claude Agent SDK cannot forget a session. Install a newer one.', 'not-supported')
        // A process that is at work in it would write it again.
        for (const known of sessions.values()) if (known.agentSessionId === agentSessionId) await known.forget()
        await claude.deleteSession(agentSessionId, folderIn(session))
        return { ok: true }
      } catch (error) {
        return refusal(error, 'session-not-found')
      }
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

const folderIn = ({ cwd }: SessionContext): { readonly dir?: string } => (cwd === undefined || cwd === '' ? {} : { dir: cwd })
