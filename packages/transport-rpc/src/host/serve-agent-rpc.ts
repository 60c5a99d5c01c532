import {
  type AgentEvent,
  AgentSessionError,
  type AgentTransport,
  type Channel,
  type Clock,
  createMemoryStorage,
  defaultEnvPolicy,
  defaultLimits,
  type EnvPolicy,
  errorText,
  isSessionId,
  newId,
  type SessionStorage,
  type SettingsSource,
  systemClock,
} from '@agent-session/core'
import { field, textField } from '@agent-session/core/transport'
import { isChannel } from '../agent-rpc.ts'
import { definedOnly } from '../defined-only.ts'
import type { AgentRpcRequests, RpcReply } from '../wire.ts'
import { channelHost } from './channel-host.ts'
import { type AgentRpcPage, PageList } from './page-list.ts'
import type { PermissionPolicy } from './permission-policy.ts'
import { ServedSession, type SessionEnvironment } from './served-session.ts'
import { ServedStorage } from './served-storage.ts'
import { allowedEnv, readStart, storedOptions } from './start-request.ts'

/** What a host puts behind the wire. */
export interface ServeAgentRpcOptions {
  /** The agents. Closed with the host. */
  readonly transport: AgentTransport
  /** Where pages save. Absent: in memory, for as long as the host lives. Closed with the host. */
  readonly storage?: SessionStorage
  /** Absent: pages get no settings. */
  readonly settings?: SettingsSource
  /** The first page, as `connect` takes it. Absent: none yet. */
  readonly rpc?: AgentRpcPage | Channel
  /** Answers the agents' questions. Absent: each is refused, and the page is told so by an error message. */
  readonly permissions?: PermissionPolicy
  /** Which variables of a start reach the agent. Default: `defaultEnvPolicy`. What it refuses is left out and told. */
  readonly envPolicy?: EnvPolicy
  /**
   * Whether pages take a message that comes again under its id as the same one, as `connectAgentRpc` does. Then texts
   * grow while they stream, and a page that is loaded anew is told what none had saved. Default true; `false` for pages
   * that append all that comes: they get each message once, when it is whole.
   */
  readonly upserts?: boolean
  /** Ms between two tellings of a text that grows. Default 250. */
  readonly growMs?: number
  /** Ms that an agent may take to accept a start or a prompt. Default 2 minutes, as the store's. */
  readonly startTimeoutMs?: number
  /** Ms that an agent may take to agree to a stop, or to take an answer. Default 15 s, as the store's. */
  readonly replyTimeoutMs?: number
  /** Default: the system's. */
  readonly clock?: Clock
  /** Makes the ids of runs and prompts. Default: random. */
  readonly newId?: () => string
  /** Told of what no page can be told: a refused variable, a page that is gone, a transport or policy that throws. Default: nobody. */
  readonly onProblem?: (problem: AgentSessionError) => void
}

/** The requests of the wire, each with its handler; as methods for an RPC's `handlers.requests`. */
export type AgentRpcHandlers = {
  readonly [Name in keyof AgentRpcRequests]: (params: AgentRpcRequests[Name]['params']) => Promise<AgentRpcRequests[Name]['response']>
}

/** A host that speaks the wire. */
export interface AgentRpcHost {
  /**
   * For the RPC of a page: `defineRPC({ handlers: { requests: host.requests } })`. `agent.*` always answer; the others
   * reject with an `Error` that says why, which RPCs send as their own kind of failure.
   */
  readonly requests: AgentRpcHandlers
  /**
   * Tells one more page what happens; a channel's requests are answered too. Returns its own end, which ends neither
   * sessions nor the other pages.
   */
  connect(page: AgentRpcPage | Channel): () => void
  /** Ends all: pages, agents, storage. Resolves when nothing is held any more. */
  close(): Promise<void>
}

/** Puts a transport and a storage behind the RPC of the first system, for pages that speak it. */
export function serveAgentRpc(options: ServeAgentRpcOptions): AgentRpcHost {
  const { transport, settings, rpc, envPolicy = defaultEnvPolicy, growMs = 250, clock = systemClock, newId: makeId = newId, onProblem = () => {} } = options
  const pages = new PageList(onProblem)
  const storage = new ServedStorage(options.storage ?? createMemoryStorage(), `rpc-${makeId()}`)
  const sessions = new Map<string, ServedSession>()
  const channels = new Set<() => void>()
  const news = new Set<ServedSession>()
  let timer: unknown
  let closing: Promise<void> | undefined

  const env: SessionEnvironment = {
    transport,
    clock,
    makeId,
    permissions: options.permissions,
    upserts: options.upserts ?? true,
    startTimeoutMs: options.startTimeoutMs ?? defaultLimits.startTimeoutMs,
    replyTimeoutMs: options.replyTimeoutMs ?? defaultLimits.replyTimeoutMs,
    mostQueued: defaultLimits.queuedPrompts,
    tell: (name, payload) => {
      if (closing === undefined) pages.tell(name, payload)
    },
    soon(session) {
      if (closing !== undefined) return
      news.add(session)
      timer ??= clock.setTimeout(tellNews, growMs)
    },
    onProblem,
  }

  function tellNews(): void {
    timer = undefined
    const told = [...news]
    news.clear()
    for (const session of told) session.tellNews()
  }

  function receive(event: AgentEvent): void {
    try {
      // The wire has no word for the line to the agents.
      if (event.type === 'connection') return
      const session = sessions.get(event.sessionId)
      if (session !== undefined) return session.receive(event)
      onProblem(new AgentSessionError('unknown-session-event', 'An event came for a session that no page has started.', { sessionId: event.sessionId, detail: event }))
    } catch (cause) {
      onProblem(new AgentSessionError('invalid-event', `An event of the agent could not be told: ${errorText(cause)}`, { cause, detail: event }))
    }
  }

  async function start(given: unknown): Promise<RpcReply> {
    const request = readStart(given)
    if (!request.ok) return { ...request, code: 'invalid-argument' }
    const { sessionId, provider, prompt, extraEnv, ...rest } = request.params
    const before = sessions.get(sessionId)
    if (before?.busy) return { ok: false, code: 'session-running', error: 'The agent is still at work in this session. Stop it first.' }
    const { env: passed, refused } = allowedEnv(extraEnv, envPolicy)
    if (refused.length > 0) {
      onProblem(new AgentSessionError('environment-refused', `Variables that the agent must not get were left out: ${refused.join(', ')}.`, { sessionId, detail: refused }))
    }
    // The page says the project when it saves; until then the session is a project of its own.
    const context = { ...rest, provider, projectId: sessionId, ...definedOnly({ extraEnv: passed }) }
    const session = new ServedSession(sessionId, context, { costUsd: 0, inputTokens: 0, outputTokens: 0 }, env)
    sessions.set(sessionId, session)
    const reply = await session.start(prompt)
    if (!reply.ok && sessions.get(sessionId) === session) sessions.delete(sessionId)
    return reply
  }

  /** The session, or what is stored of it, where this host was started anew. */
  async function find(sessionId: string): Promise<ServedSession | undefined> {
    const known = sessions.get(sessionId)
    if (known !== undefined) return known
    const record = await storage.loadSession(sessionId)
    const started = record && storedOptions(record)
    if (record === undefined || started === undefined) return undefined
    const { provider, projectId, agentSessionId } = record
    const context = { ...started, provider, projectId, ...definedOnly({ agentSessionId }) }
    const found = sessions.get(sessionId) ?? new ServedSession(sessionId, context, record, env)
    sessions.set(sessionId, found)
    return found
  }

  async function prompt(given: unknown): Promise<RpcReply> {
    const [sessionId, words] = [field(given, 'sessionId'), textField(given, 'prompt')]
    if (!isSessionId(sessionId) || words === undefined) return { ok: false, code: 'invalid-argument', error: 'A prompt needs a sessionId and a text.' }
    return (await find(sessionId))?.prompt(words) ?? sessionNotFound
  }

  async function stop(given: unknown): Promise<RpcReply> {
    const session = sessions.get(textField(given, 'sessionId') ?? '')
    return session?.stop() ?? sessionNotFound
  }

  /** A reply in every case: pages of the first system know no other failure. */
  const replying =
    (work: (given: unknown) => Promise<RpcReply>) =>
    async (given: unknown): Promise<RpcReply> => {
      if (closing !== undefined) return { ok: false, code: 'disconnected', error: 'The host is at its end.' }
      try {
        return await work(given)
      } catch (thrown) {
        return { ok: false, code: AgentSessionError.from('transport-threw', thrown).code, error: errorText(thrown) }
      }
    }

  const requests: AgentRpcHandlers = {
    'agent.start': replying(start),
    'agent.prompt': replying(prompt),
    'agent.stop': replying(stop),
    async 'session.save'(row) {
      const session = sessions.get(textField(row, 'sessionId') ?? '')
      const projectId = textField(row, 'projectId')
      await storage.saveSession(row, session?.known ?? {})
      if (projectId !== undefined) session?.savedAs(projectId)
    },
    async 'session.messages.save'(given) {
      for (const [sessionId, messages] of await storage.saveMessages(given)) sessions.get(sessionId)?.saved(messages)
    },
    async 'session.load'(given) {
      return { session: await storage.lastSession(text(given, 'projectId')) }
    },
    async 'session.messages.load'(given) {
      const sessionId = text(given, 'sessionId')
      const messages = await storage.messages(sessionId)
      sessions.get(sessionId)?.tellAgain()
      return { messages }
    },
    async 'settings.getAll'() {
      return { settings: (await settings?.getAll()) ?? {} }
    },
  }

  function connect(page: AgentRpcPage | Channel): () => void {
    if (!isChannel(page)) return pages.add(page)
    const end = channelHost(page, requests, onProblem)
    const remove = pages.add(end.page)
    const disconnect = (): void => {
      channels.delete(disconnect)
      remove()
      end.close()
    }
    channels.add(disconnect)
    return disconnect
  }

  async function close(): Promise<void> {
    unsubscribe()
    if (timer !== undefined) clock.clearTimeout(timer)
    for (const session of sessions.values()) session.end()
    for (const disconnect of channels) disconnect()
    pages.clear()
    sessions.clear()
    // Each is closed, though the other fails.
    const ends = await Promise.allSettled([transport.close?.(), storage.close()])
    for (const end of ends) if (end.status === 'rejected') onProblem(AgentSessionError.from('transport-threw', end.reason))
  }

  const unsubscribe = transport.subscribe(receive)
  if (rpc !== undefined) connect(rpc)
  return { requests, connect, close: () => (closing ??= close()) }
}

const sessionNotFound: RpcReply = { ok: false, code: 'session-not-found', error: 'Session not found' }

function text(given: unknown, name: string): string {
  const found = textField(given, name)
  if (found === undefined) throw new AgentSessionError('invalid-argument', `This request needs a ${name}.`)
  return found
}
