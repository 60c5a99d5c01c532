import {
  type AgentTransport,
  type Choice,
  type Clock,
  type ConfigureCommand,
  type PermissionAnswer,
  type PromptCommand,
  type Reply,
  type SessionContext,
  type SessionMessage,
  type StartCommand,
  type StopCommand,
  systemClock,
} from '@agent-session/core'
import { eventListeners, expectOption, refusal } from '@agent-session/core/transport'
import { type ChatRequest, Ollama } from 'ollama/browser'
import { checkedFetch, type Fetch } from './checked-fetch.ts'
import { listModels } from './ollama-model.ts'
import { ollamaProblem } from './ollama-problem.ts'
import { OllamaSession } from './ollama-session.ts'
import type { OllamaTool } from './ollama-tool.ts'

/** What a transport to an Ollama server is made with; all of it has a default. */
export interface OllamaTransportOptions {
  /** Where the server is. Default `http://127.0.0.1:11434`. */
  readonly host?: string
  /** Sent with each request: `{ Authorization: … }`, where the server is behind a door. */
  readonly headers?: Readonly<Record<string, string>>
  /** Default: the platform's. Node's gives up after 5 minutes of silence, which a large model may need to load. */
  readonly fetch?: Fetch
  /** Default: the system's. */
  readonly clock?: Clock
  /** What the models may do. Default: nothing but talk. */
  readonly tools?: readonly OllamaTool[]
  /** For starts that name no model. Default: the server's newest. */
  readonly model?: string
  /** Whether models think before they answer. Absent: those that can, do. */
  readonly think?: boolean | 'low' | 'medium' | 'high'
  /** How long the server keeps a model loaded, as Ollama has it (`'10m'`, seconds, `-1` for good). Absent: as the server likes. */
  readonly keepAlive?: string | number
  /** Ollama's own options of a model, such as `{ num_ctx: 32768, temperature: 0 }`. */
  readonly modelOptions?: ChatRequest['options']
  /** Replies in one run, for starts that say nothing of it (`maxTurns`). Default 50. */
  readonly maxTurns?: number
  /** Bytes of one line of an answer. Default 16 MiB. */
  readonly mostLineBytes?: number
  /**
   * What was said in a session that this transport does not know (any more), most often `(id) => storage.loadMessages(id)`.
   * Absent: such a session goes on with a model that remembers nothing, and says so.
   */
  transcript?(sessionId: string): Promise<readonly SessionMessage[]>
}

/** A transport to the models of a server: beside what every transport can, it answers, chooses models and lists them. */
export type OllamaTransport = AgentTransport &
  Required<Pick<AgentTransport, 'respond' | 'configure' | 'close'>> & {
    /** The models that the server has, without any session. Rejects with an `AgentSessionError` where there is no server. */
    models(): Promise<readonly Choice[]>
  }

/**
 * A transport to models that an Ollama server runs. It is the agent itself: it keeps the conversation, sends it with
 * each request, and runs the host's tools when a model asks for them.
 *
 * Of the start options `model`, `systemPrompt` and `maxTurns` reach the model, `cwd` and `additionalDirectories` the
 * tools. There is no process, so that `extraEnv`, `claudeConfigDir` and `worktreeName` have no meaning, and no
 * `permissionMode`: each tool says whether it asks.
 */
export function createOllamaTransport(options: OllamaTransportOptions = {}): OllamaTransport {
  const {
    host = 'http://127.0.0.1:11434',
    headers = {},
    fetch = globalThis.fetch,
    clock = systemClock,
    tools = [],
    model,
    think,
    keepAlive,
    modelOptions,
    maxTurns = 50,
    mostLineBytes = 16 * 1024 * 1024,
    transcript,
  } = options
  expectOption(Array.isArray(tools) && tools.every(({ name, run }) => typeof name === 'string' && name !== '' && typeof run === 'function'), '`tools` is a list, and each tool has a `name` and a `run(input)`')
  const listeners = eventListeners()
  const sessions = new Map<string, OllamaSession>()
  const closing = new AbortController()

  const open = (sessionId: string, context: SessionContext): OllamaSession => {
    const session = new OllamaSession(sessionId, context, {
      host,
      headers,
      fetch,
      clock,
      tools,
      defaultModel: model,
      think,
      keepAlive,
      modelOptions,
      maxTurns,
      mostLineBytes,
      emit: listeners.emit,
      ...(transcript && { transcript }),
    })
    sessions.set(sessionId, session)
    return session
  }

  const closedReply = (): Reply => refusal('The transport is closed', 'disconnected')
  const unknownReply = (): Reply => refusal('No model serves this session', 'no-session')

  return {
    capabilities: { configure: true, images: true },

    async start(command: StartCommand) {
      if (closing.signal.aborted) return closedReply()
      const { sessionId, run, prompt, messageId, ...context } = command
      sessions.get(sessionId)?.close()
      const session = open(sessionId, context)
      const reply = await session.prompt(run, messageId, prompt, 'begin')
      // A start that failed leaves nothing behind; a prompt would begin anew.
      if (!reply.ok && sessions.get(sessionId) === session) sessions.delete(sessionId)
      return reply
    },

    async prompt({ sessionId, run, prompt, messageId, session }: PromptCommand) {
      if (closing.signal.aborted) return closedReply()
      return (sessions.get(sessionId) ?? open(sessionId, session)).prompt(run, messageId, prompt, 'go on')
    },

    async stop({ sessionId, run }: StopCommand) {
      return sessions.get(sessionId)?.stop(run) ?? { ok: true }
    },

    async respond(answer: PermissionAnswer) {
      return sessions.get(answer.sessionId)?.respond(answer) ?? unknownReply()
    },

    async configure({ sessionId, mode, model: chosen }: ConfigureCommand) {
      if (mode !== undefined) return refusal('A model has no modes: each tool says whether it asks', 'not-supported')
      if (chosen === undefined) return { ok: true }
      return (await sessions.get(sessionId)?.chooseModel(chosen)) ?? unknownReply()
    },

    async models() {
      try {
        return await listModels(new Ollama({ host, headers: { ...headers }, fetch: checkedFetch(fetch, closing.signal, mostLineBytes) }))
      } catch (error) {
        throw ollamaProblem(error, host, undefined)
      }
    },

    subscribe: listeners.subscribe,

    async close() {
      closing.abort()
      for (const session of sessions.values()) session.close()
      sessions.clear()
      listeners.clear()
    },
  }
}
