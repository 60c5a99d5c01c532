import type { Prompt } from '../session/prompt.ts'
import type { StartOptions } from '../session/start-options.ts'
import type { AgentEvent } from './agent-event.ts'
import type { Cursor } from './cursor.ts'
import type { ProviderState } from './provider-state.ts'

/** What a transport needs to know of a session that it does not hold (any more): enough to continue it. */
export interface SessionContext extends StartOptions {
  readonly projectId: string
  readonly provider: string
}

/** A new session with its first prompt. */
export interface StartCommand extends SessionContext {
  readonly sessionId: string
  readonly run: string
  readonly prompt: Prompt
  readonly messageId: string
}

/** A further prompt of a session. */
export interface PromptCommand {
  readonly sessionId: string
  readonly run: string
  readonly prompt: Prompt
  readonly messageId: string
  /** Into the turn that is under way, instead of after it. Only sent where `capabilities.steer` is true. */
  readonly steer?: boolean
  /** For a transport that no longer holds the session: a restart, a crash of the agent, a restored session. */
  readonly session: SessionContext
}

/** The end of a run, as a person asked for it. */
export interface StopCommand {
  readonly sessionId: string
  readonly run: string
}

/** Bound to one request of one session; sent once. */
export interface PermissionAnswer {
  readonly sessionId: string
  readonly requestId: string
  /** Absent means cancelled: the person gave no answer. */
  readonly optionId?: string
  /** Arguments changed by the person, where the agent takes them. */
  readonly input?: unknown
  /** Words that go with the answer: why not, or what else. */
  readonly text?: string
}

/** A change of mode, of model, or of both. */
export interface ConfigureCommand {
  readonly sessionId: string
  /** The `id` of one of the session's modes; absent: it stays. */
  readonly mode?: string
  /** The `id` of one of the session's models; absent: it stays. */
  readonly model?: string
  /** Values of the session's `settings`, by their ids. */
  readonly settings?: Readonly<Record<string, string | boolean>>
}

/** A session of the agent's own, and whose program to ask for it. */
export interface ForeignCommand {
  readonly agentSessionId: string
  readonly session: SessionContext
}

/** Logs in with an agent, by one of the ways that it offers. */
export interface LogInCommand {
  /** The id of one of the methods that `login` offers. */
  readonly methodId: string
  readonly session: SessionContext
}

/** The session that was made of another, to be gone on with by its id; or why there is none. */
export type Forked = { readonly ok: true; readonly agentSessionId: string } | Extract<Reply, { ok: false }>

/** What the store knows of a session that was running when it was last seen. */
export interface AttachCommand {
  readonly sessionId: string
  /** The run that was under way when the session was last seen; absent when none was. */
  readonly run?: string
  /** From here on; absent means from the beginning. */
  readonly cursor?: Cursor
  readonly session: SessionContext
}

/**
 * - `live`: the run goes on, and events follow from the cursor;
 * - `replayed`: the run is over, and what was missed has been told;
 * - `transcript-only`: nothing more is to be had, but the session can be continued;
 * - `lost`: the far side does not know the session.
 */
export interface Attached {
  readonly outcome: 'live' | 'replayed' | 'transcript-only' | 'lost'
  /** Set when events after the cursor are gone for good: the transcript has a gap. */
  readonly gapped?: boolean
}

/** Accepted, or why not. `code` is the transport's own word for the reason. */
export type Reply = { readonly ok: true } | { readonly ok: false; readonly error: string; readonly code?: string }

/** What is absent cannot be done. */
export interface Capabilities {
  /** `attach` finds runs that are still going on. */
  readonly attach?: boolean
  /** A prompt can go into the turn that is under way. */
  readonly steer?: boolean
  /** `list` tells of sessions that the agent remembers. */
  readonly list?: boolean
  /** A session can be continued from an earlier message. */
  readonly fork?: boolean
  /** Mode or model can be changed by `configure`. */
  readonly configure?: boolean
  /** Agents can be logged in by `logIn`. */
  readonly logIn?: boolean
  /** Agents can be made to forget a session. */
  readonly forget?: boolean
  /** A prompt may have parts of type image. */
  readonly images?: boolean
}

/** Whose sessions are meant, for a project of which nothing has run here yet. */
export interface ForeignQuery {
  /** One agent alone. Absent: those that the project's sessions here have. */
  readonly provider?: string
  /** The folder. Absent: those of the project's sessions here, or the host's own choice. */
  readonly cwd?: string
}

/** A session that the agent remembers by itself. A start with its `agentSessionId` takes it up, with what was said in it. */
export interface ForeignSession {
  readonly agentSessionId: string
  /** Which agent has it; absent where the transport serves one alone. */
  readonly provider?: string
  /** Absent where the agent has none. */
  readonly title?: string
  /** The folder that it worked in; absent where the agent does not say. */
  readonly cwd?: string
  /** Epoch ms. */
  readonly updatedAt?: number
}

/**
 * The way to one or more agent programs. An optional method that is absent cannot be done, and the store says so
 * with a typed error; a method that throws is answered as a refusal with the exception as its cause.
 */
export interface AgentTransport {
  /** Absent: nothing beside start, prompt and stop can be done. May change while the transport lives. */
  readonly capabilities?: Capabilities
  /**
   * Resolves when the run is accepted, not when it ends; the end is one status event, after which the run says nothing
   * more. What is refused begins nothing, and fails in the same way when it is asked for again.
   */
  start(command: StartCommand): Promise<Reply>
  /**
   * As `start`, for a session that exists. A prompt that waited in the queue is sent before storage says that it was: a
   * process that dies in between has it in the queue again, and may send it once more under the same `messageId`.
   */
  prompt(command: PromptCommand): Promise<Reply>
  /** Resolves when the agent has agreed to stop. Events of the run may still follow. */
  stop(command: StopCommand): Promise<Reply>
  /** Resolves when the agent has the answer, which is taken once. Absent: no question can be answered here. */
  respond?(answer: PermissionAnswer): Promise<Reply>
  /** Resolves when the change holds. Absent: neither mode nor model can be changed. */
  configure?(change: ConfigureCommand): Promise<Reply>
  /**
   * Looks for a run that may still be going on, and tells what was missed by events, under the ids that it was told by
   * before. `live` only where its end is still to come. Called only where `capabilities.attach` is true.
   */
  attach?(command: AttachCommand): Promise<Attached>
  /** Sessions of a project that the agent itself remembers, by the ids that their `session` events tell. Absent: it cannot tell. */
  list?(projectId: string, query?: ForeignQuery): Promise<readonly ForeignSession[]>
  /** Which agents there are, and which of them can be used on this machine now. Absent: it cannot tell. */
  providers?(): Promise<readonly ProviderState[]>
  /** Makes a new session of one that the agent remembers. Which agents can is in their sessions' `abilities`. */
  fork?(command: ForeignCommand): Promise<Forked>
  /** Has the agent forget a session for good. */
  forget?(command: ForeignCommand): Promise<Reply>
  /** Resolves when somebody is logged in, which may take a person in a browser; the agent's own limit holds. */
  logIn?(command: LogInCommand): Promise<Reply>
  /**
   * Tells every event from now on, each as an object that is not changed any more; returns its own unsubscribe, which may be
   * called at any time and again. A listener that throws keeps nothing from the others. Events are checked by the store:
   * they are not trusted.
   */
  subscribe(listener: (event: AgentEvent) => void): () => void
  /** Lets go of everything it holds, agent processes too. Called once, by the store's `dispose`. */
  close?(): Promise<void>
}
