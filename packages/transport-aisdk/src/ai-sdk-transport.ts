import {
  type AgentTransport,
  type AttachCommand,
  type Choice,
  type Clock,
  type ConfigureCommand,
  type PermissionAnswer,
  type PromptCommand,
  type SessionContext,
  type SessionMessage,
  type StartCommand,
  type StopCommand,
  systemClock,
} from '@agent-session/core'
import { eventListeners, refusal } from '@agent-session/core/transport'
import { AiSdkSession, type DataPart, type ToolContext } from './ai-sdk-session.ts'
import { ChatRequests, type ChatRequestOptions, type SessionRequest } from './chat-requests.ts'
import type { ClientCall } from './fold/ai-sdk-fold.ts'
import { type ReportedUsage, reportedUsage } from './fold/reported-usage.ts'
import type { UiMessage } from './fold/ui-message.ts'

/** What a transport to a back end of the AI SDK is made with; all of it has a default. */
export interface AiSdkTransportOptions extends ChatRequestOptions {
  /** Default: the system's. */
  readonly clock?: Clock
  /**
   * Runs the tools that the back end leaves to its clients: those that it gave no `execute`. Gives the output, text as
   * it is and anything else as JSON; what it throws is told to the model as the tool's failure. Absent: a run ends where
   * such a tool is called, with the reason `tool-calls`.
   */
  onToolCall?(call: ClientCall, context: ToolContext): unknown
  /** Hears the data parts that a back end sends along, the transient ones too. Absent: each is reported as unknown. */
  onData?(part: DataPart, session: SessionRequest): void
  /**
   * What the metadata of an answer says of tokens and cost, for one request. It is asked at each news of it. Default:
   * `reportedUsage`, which finds the SDK's own `totalUsage` or `usage`, and `model`.
   */
  usageOf?(metadata: unknown): ReportedUsage | undefined
  /**
   * What was said in a session that this transport does not know (any more), most often `(id) => storage.loadMessages(id)`.
   * Absent: such a session goes on with a model that remembers nothing, and says so.
   */
  transcript?(sessionId: string): Promise<readonly SessionMessage[]>
  /**
   * A chat that the app has kept by itself, from before it had this transport: a start with its id as `agentSessionId` shows
   * it and goes on with it. It also stands in for `transcript` where that is absent. Absent: such a start begins anew.
   */
  loadChat?(chatId: string, session: SessionRequest): Promise<readonly UiMessage[]>
  /** The back end keeps the conversation by the chat's id, so that nobody needs to tell it again. Default false. */
  readonly remembers?: boolean
  /**
   * The back end can tell the answer that is under way again, from its beginning (`GET {api}/{id}/stream`, 204 where there
   * is none): for reloads, and for connections that break. Default false.
   */
  readonly resume?: boolean
  /**
   * Tells the back end to stop, where its answers go on without anybody who reads them, as with `resume`. Resolves when
   * it agreed. Absent: the request is ended, which back ends without `resume` take for a stop.
   */
  stopStream?(chatId: string, session: SessionRequest): Promise<void>
  /** The models to choose from. Absent: none can be chosen. */
  readonly models?: readonly Choice[]
  /** Requests in one run, for starts that say nothing of it (`maxTurns`). Default 50. */
  readonly maxTurns?: number
  /** Ms that the beginning of an answer is waited for until a prompt counts as accepted: proxies may hold it back. Default 5 s. */
  readonly acceptMs?: number
  /** Characters of one chunk. Default 16 Mi. */
  readonly mostChunkCharacters?: number
  /** Bytes of one answer. Default 256 MiB. */
  readonly mostAnswerBytes?: number
}

/** A transport to one back end: beside what every transport can, it answers, and finds answers again where the back end can tell them. */
export type AiSdkTransport = AgentTransport & Required<Pick<AgentTransport, 'respond' | 'configure' | 'attach' | 'close'>>

/**
 * A transport to any back end that speaks the UI message stream protocol of the AI SDK, versions 5 to 7: the requests
 * are those that `useChat` makes, so that the back end needs no change.
 *
 * Of the start options `model` and `systemPrompt` go in the request's body, `maxTurns` bounds the requests of a run, and
 * `agentSessionId` is the chat's id (the session's own where it is absent). The others mean nothing to a back end unless
 * `body`, `headers` or `prepareSendMessagesRequest` make something of them.
 */
export function createAiSdkTransport(options: AiSdkTransportOptions = {}): AiSdkTransport {
  const { clock = systemClock, resume = false, remembers = false, models, maxTurns = 50, acceptMs = 5_000, mostChunkCharacters = 16 * 1024 * 1024, mostAnswerBytes = 256 * 1024 * 1024 } = options
  const requests = new ChatRequests(options)
  const listeners = eventListeners()
  const sessions = new Map<string, AiSdkSession>()
  let closed = false

  const open = (sessionId: string, context: SessionContext): AiSdkSession => {
    const { onToolCall, onData, usageOf = reportedUsage, stopStream, transcript, loadChat } = options
    const session = new AiSdkSession(sessionId, context, {
      requests,
      clock,
      bounds: { mostChunkCharacters, mostAnswerBytes },
      maxTurns,
      acceptMs,
      resume,
      remembers,
      models,
      usageOf,
      emit: listeners.emit,
      ...(onToolCall && { onToolCall }),
      ...(onData && { onData }),
      ...(stopStream && { stopStream }),
      ...(transcript && { transcript }),
      ...(loadChat && { loadChat }),
    })
    sessions.set(sessionId, session)
    return session
  }

  const closedReply = () => refusal('The transport is closed', 'disconnected')
  const unknownReply = () => refusal('No back end serves this session', 'no-session')

  return {
    capabilities: { images: true, ...(resume && { attach: true }), ...(models && { configure: true }) },

    async start(command: StartCommand) {
      if (closed) return closedReply()
      const { sessionId, run, prompt, messageId, ...context } = command
      sessions.get(sessionId)?.close()
      const session = open(sessionId, context)
      const reply = await session.prompt(run, messageId, prompt, 'begin')
      // A start that failed leaves nothing behind; a prompt would begin anew.
      if (!reply.ok && sessions.get(sessionId) === session) sessions.delete(sessionId)
      return reply
    },

    async prompt({ sessionId, run, prompt, messageId, session }: PromptCommand) {
      if (closed) return closedReply()
      return (sessions.get(sessionId) ?? open(sessionId, session)).prompt(run, messageId, prompt, 'go on')
    },

    async stop({ sessionId, run }: StopCommand) {
      return sessions.get(sessionId)?.stop(run) ?? { ok: true }
    },

    async respond(answer: PermissionAnswer) {
      return sessions.get(answer.sessionId)?.respond(answer) ?? unknownReply()
    },

    async configure({ sessionId, mode, model: chosen }: ConfigureCommand) {
      if (mode !== undefined) return refusal('A back end of the AI SDK has no modes', 'not-supported')
      if (chosen === undefined) return { ok: true }
      return sessions.get(sessionId)?.chooseModel(chosen) ?? unknownReply()
    },

    async attach(command: AttachCommand) {
      if (closed) return { outcome: 'transcript-only' }
      const { sessionId, session } = command
      const known = sessions.get(sessionId)
      if (known !== undefined) return known.attach(command)
      const found = open(sessionId, session)
      try {
        const attached = await found.attach(command)
        if (attached.outcome !== 'live' && sessions.get(sessionId) === found) sessions.delete(sessionId)
        return attached
      } catch (error) {
        if (sessions.get(sessionId) === found) sessions.delete(sessionId)
        throw error
      }
    },

    subscribe: listeners.subscribe,

    async close() {
      closed = true
      for (const session of sessions.values()) session.close()
      sessions.clear()
      listeners.clear()
    },
  }
}
