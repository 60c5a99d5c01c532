import type { AgentSessionError } from '../errors.ts'
import type { ConnectionEvent } from '../ports/agent-event.ts'
import type { Limits, LiveLimits } from '../limits.ts'
import type { Prompt } from '../session/prompt.ts'
import type { StartOptions } from '../session/start-options.ts'
import type { Hit, MessageRange, Page, SessionSummary } from '../ports/session-storage.ts'
import type { Budget } from '../budget/budget.ts'
import type { Health } from '../health/health.ts'
import type { Capabilities, ForeignQuery, ForeignSession } from '../ports/agent-transport.ts'
import type { ProviderState } from '../ports/provider-state.ts'
import type { RetentionPlan } from '../retention/plan-retention.ts'
import type { RetentionPolicy } from '../retention/retention-policy.ts'
import type { AgentSession, PermissionReply, SessionConfiguration } from '../session/agent-session.ts'
import type { CommandResult, PromptResult, StartResult } from '../session/command-result.ts'
import type { SessionChange } from '../session/session-change.ts'
import type { SessionMessage } from '../session/session-message.ts'
import type { SessionRecord } from '../session/session-record.ts'
import type { SessionState } from '../session/session-state.ts'
import type { WriterState } from './writer-state.ts'

/** What a start takes. Of the options, what is absent comes from the settings, and is then left to the agent (B8). */
export interface StartRequest extends StartOptions {
  /** What the session may use. Absent: as much as it likes. */
  readonly budget?: Budget
  /**
   * Limits of this session that differ from the store's; stored with it, so that they hold after a restore too. Absent:
   * all are the store's. One that is none is answered with `invalid-limit`.
   */
  readonly limits?: Partial<Limits>
  /** Which agent: `claude`, `codex`, `ollama`, or any name that the transport knows. */
  readonly provider: string
  readonly prompt: Prompt
  /**
   * What happens to a session of the project that is still running: `refuse` the start (the default), `stop` that
   * session first, or let it go on in the `background`, no longer current.
   */
  readonly ifRunning?: 'refuse' | 'stop' | 'background'
}

/**
 * What `restore` found. `live`: the run goes on; `restored`: it is back, and had ended; `interrupted`: it was
 * running when it was last saved, and its run is lost; `none`: nothing to restore, or a session is there already.
 */
export type RestoreResult =
  | { readonly outcome: 'live' | 'restored' | 'interrupted'; readonly sessionId: string }
  | { readonly outcome: 'none' }
  | { readonly outcome: 'failed'; readonly error: AgentSessionError }

/** Something to tell a person, in English. */
export interface Notification {
  readonly variant: 'success' | 'warning' | 'error' | 'info'
  readonly message: string
  readonly sessionId: string
  readonly projectId: string
}

/** How the line to the agents stands; `connected` until the transport says otherwise. */
export interface Connection {
  readonly state: ConnectionEvent['state']
  /** Why it is down, for people; absent where nothing is known. */
  readonly error?: string
}

/** What one flush changed in one session, in the order it happened. */
export interface StoreChange {
  /** Names this store's numbering: another epoch means another store. */
  readonly epoch: string
  /** Rises by 1 with each. */
  readonly revision: number
  readonly sessionId: string
  readonly changes: readonly SessionChange[]
}

/** What each event of a store carries. */
export interface StoreEvents {
  /** After each flush, once for each session that changed. */
  readonly change: StoreChange
  readonly notification: Notification
  /** Something was passed over, and the work goes on. */
  readonly warning: AgentSessionError
  /** Something failed that could not be returned to a caller. */
  readonly error: AgentSessionError
  readonly connection: Connection
  /** Another process writes the storage now, or this one does again. */
  readonly writer: WriterState
}

/** How a session is purged. */
export interface PurgeOptions {
  /** At the agent too. Absent: the agent goes on remembering it. */
  readonly forget?: boolean
}

/** A session with all its messages, in seqId order. */
export interface ImportedSession {
  readonly record: SessionRecord
  readonly messages: readonly SessionMessage[]
}

/** One session in a snapshot. */
export interface SnapshotSession {
  readonly state: SessionState
  readonly messages: readonly SessionMessage[]
  readonly hasOlder: boolean
  /** What is open and older than `messages`; absent: nothing. */
  readonly aside?: readonly SessionMessage[]
}

/** A store at one moment, as JSON: for a server render and for mirrors. */
export interface StoreSnapshot {
  readonly epoch: string
  /** That of the last `change` that is in it. */
  readonly revision: number
  readonly connection: Connection
  readonly capabilities: Capabilities
  readonly retention: RetentionPolicy
  readonly writer: WriterState
  readonly sessions: readonly SnapshotSession[]
}

/** The listener of each event. */
export type StoreListeners = { [Event in keyof StoreEvents]: (payload: StoreEvents[Event]) => void }

/**
 * All that adapters, mirrors and apps see of a store. A command that names a project means its current session.
 * Commands answer with a refusal where they cannot do their work; they never reject.
 */
export interface AgentStore {
  readonly connection: Connection
  /** What the transport can do; what is absent cannot be done. */
  readonly capabilities: Capabilities
  /** Whether it writes the storage. While it only reads, commands that would change something are refused with `lease-held`. */
  readonly writer: WriterState
  /** Takes the storage from the process that writes it, which only reads from then on. */
  takeOver(): Promise<CommandResult>
  /**
   * Opens a session and makes it the project's current one. It shows at once; resolves when the transport has accepted or
   * refused it, which may be the time limit. Refused without a session: `start-in-progress`, `session-running`,
   * `invalid-argument`, `invalid-limit`, `store-disposed`; with one that has ended in error: what the transport says
   * (`transport-…`, `agent-…`), or `start-stopped`.
   */
  start(projectId: string, request: StartRequest): Promise<StartResult>
  /** As `promptSession`, for the project's current session; `no-session` where it has none. */
  prompt(projectId: string, prompt: Prompt): Promise<PromptResult>
  /**
   * Begins a run, or waits for the one that is under way (`queued`), or goes into it where the agent can be steered.
   * Refused: `session-not-found`, `queue-full`, `budget-exceeded`, `invalid-argument` for an empty prompt, and what the
   * transport says.
   */
  promptSession(sessionId: string, prompt: Prompt): Promise<PromptResult>
  /** As `stopSession`, for the project's current session; `no-session` where it has none. */
  stop(projectId: string): Promise<CommandResult>
  /**
   * Ends the run that is under way; `ok` where none is. What is queued waits on. Where the transport refuses, the run goes
   * on; where it never answers (`transport-timeout`) the session ends in error.
   */
  stopSession(sessionId: string): Promise<CommandResult>
  /**
   * Answers a question, once. Refused: `permission-not-pending`, `permission-option-unknown`, `not-supported`,
   * `session-not-found`, and what the transport says.
   */
  respond(sessionId: string, requestId: string, reply: PermissionReply): Promise<CommandResult>
  /** The project's current session, or `undefined`. */
  getSession(projectId: string): AgentSession | undefined
  /** Whether the project has a current session. */
  hasSession(projectId: string): boolean
  /** Any session that is in memory. */
  findSession(sessionId: string): AgentSession | undefined
  /** Makes a session that is in memory its project's current one; while another process writes, until that one begins something there. */
  select(projectId: string, sessionId: string): Promise<CommandResult>
  /** Sessions whose run is under way, of one project or of all. */
  liveSessions(projectId?: string): readonly AgentSession[]
  /** From storage and memory, newest first; rejects with a typed error when storage fails. */
  listSessions(projectId?: string, page?: Page): Promise<SessionSummary[]>
  /** Reads one session into memory, or gives the one that is there; `undefined` when there is none of that id. Rejects when storage fails. */
  openSession(sessionId: string): Promise<AgentSession | undefined>
  /** Messages of a session by seqId, resident or stored, without bringing any into memory. Rejects when storage fails. */
  loadMessages(sessionId: string, range?: MessageRange): Promise<SessionMessage[]>
  /**
   * Brings the project's last session back from storage and makes it current, but never over one that is there. While
   * another process writes, what that one begins in the project from then on becomes current here. Never rejects.
   */
  restore(projectId: string): Promise<RestoreResult>
  /** Takes back a prompt that is still queued. */
  withdraw(sessionId: string, messageId: string): Promise<CommandResult>
  /** Messages that hold the text, newest first. Rejects with `not-supported` where the storage cannot search, and when it fails. */
  search(text: string, page?: Page): Promise<Hit[]>
  /** Frees the project of a session that is not running; its data stays. */
  clear(projectId: string): Promise<CommandResult>
  /**
   * Forgets a session, here and in storage. A running one is stopped first. With `forget` the agent is made to forget it too,
   * before anything of it is removed here: where it cannot, the session stays, and the answer says why (`not-supported`,
   * `session-not-found`, and what the transport says).
   */
  purge(sessionId: string, options?: PurgeOptions): Promise<CommandResult>
  /** Forgets all sessions of the project, those too that are only in storage. */
  purgeProject(projectId: string): Promise<CommandResult>
  /**
   * Takes a session in, from a file or from another store, and stores it; it is not made current. It keeps its id, but
   * for one that is taken: then it gets a new one. A run that was under way in it counts as interrupted.
   */
  importSession(session: ImportedSession): Promise<StartResult>
  /**
   * Sends a prompt again that could not be delivered, with all its parts and under its own id; while the agent works it
   * waits or steers as another would.
   * Refused: `not-failed`, and as `promptSession`.
   */
  retry(sessionId: string, messageId: string): Promise<PromptResult>
  /**
   * Makes a session of another as the agent remembers it, with the same transcript (`forkedFrom`), and makes it current; it
   * waits for its first prompt. Refused: `session-running`, `session-not-found`, `not-supported`, and what the transport says.
   */
  forkSession(sessionId: string): Promise<StartResult>
  /**
   * Logs in with the session's agent, by one of the `methods` of its `login`; resolves when somebody is, which may take a
   * person in a browser. Refused: `session-not-found`, `not-supported`, and what the transport says.
   */
  logIn(sessionId: string, methodId: string): Promise<CommandResult>
  /**
   * Sessions of a project that the agents themselves remember, however they were run. A start with an `agentSessionId` takes
   * one up. Rejects with `not-supported` where the transport cannot tell, and when it fails.
   */
  listForeignSessions(projectId: string, query?: ForeignQuery): Promise<ForeignSession[]>
  /**
   * Which agents a start can name, and which of them can be used on this machine now; each call looks anew. Rejects with
   * `not-supported` where the transport cannot tell, and when it fails.
   */
  listProviders(): Promise<ProviderState[]>
  /** Changes mode or model. Refused: `not-supported`, `session-not-found`, and what the transport says; then nothing has changed. */
  configure(sessionId: string, change: SessionConfiguration): Promise<CommandResult>
  /** Gives a session a title, also one that is only in storage; the agent's own does not replace it. `''` takes it away. */
  rename(sessionId: string, title: string): Promise<CommandResult>
  /** A pinned session is not removed by retention; also one that is only in storage. */
  pin(sessionId: string, pinned: boolean): Promise<CommandResult>
  /** Sets what a session may use from now on, also one that is only in storage; `undefined` takes the bound away. */
  setBudget(sessionId: string, budget: Budget | undefined): Promise<CommandResult>
  /** How the project's current session does; `undefined` when there is none. */
  health(projectId: string): Health | undefined
  /** How any session that is in memory does. */
  sessionHealth(sessionId: string): Health | undefined
  /** How many sessions of a project stay, and for how long. */
  readonly retention: RetentionPolicy
  /** Sets what is given; values outside the bounds are clamped, what is no number is refused. */
  setRetention(policy: Partial<RetentionPolicy>): Promise<CommandResult>
  /**
   * Which sessions of the project would go now, and why; nothing is removed. `policy`: by what holds once that is set,
   * as `setRetention` would take it; absent, by what holds. Rejects when storage fails, and with `invalid-argument` for a
   * policy that is none.
   */
  planRetention(projectId: string, policy?: Partial<RetentionPolicy>): Promise<RetentionPlan>
  /** Reads the retention from the settings; what is missing or no number there leaves the default. */
  loadSettings(): Promise<CommandResult>
  /** Told when another session becomes the project's current one, or none. */
  subscribeProject(projectId: string, listener: () => void): () => void
  /** Returns its own unsubscribe. A listener that throws is told by `error`; the others hear. */
  on<Event extends keyof StoreEvents>(event: Event, listener: StoreListeners[Event]): () => void
  /** Resolves when all that is known now is durable; rejects with the error when it could not be saved. */
  flush(): Promise<void>
  /** Saves, lets go of every timer and listener, closes transport and storage. Nothing happens after it. */
  dispose(): Promise<void>
  /** All that is in memory, at this moment: for a server render, and for mirrors. */
  snapshot(): StoreSnapshot
}

/** A store in the process that owns it. */
export interface OwnedAgentStore extends AgentStore {
  /** Those of its sessions that have none of their own, as they hold now. */
  readonly limits: Readonly<Limits>
  /**
   * Sets limits while it lives; what is absent stays. They hold at once, for runs that are under way too: a silence that is
   * longer than a new `stallMs` is a stall. Refused: `invalid-limit` for a value that is none and for a limit that holds for
   * the life of a store, `store-disposed`; then nothing has changed.
   */
  setLimits(limits: Partial<LiveLimits>): CommandResult
}
