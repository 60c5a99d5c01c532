import type { Budget } from '../budget/budget.ts'
import type { CommandResult, PromptResult, StartResult } from './command-result.ts'
import type { Prompt } from './prompt.ts'
import type { SessionMessage } from './session-message.ts'
import type { SessionRecord } from './session-record.ts'
import type { SessionState } from './session-state.ts'

/** What of a session can be changed while it lives. What is absent stays. */
export interface SessionConfiguration {
  /** The `id` of one of `session.modes`. */
  readonly mode?: string
  /** The `id` of one of `session.models`. */
  readonly model?: string
  /** Values of the session's `settings`, by their ids. */
  readonly settings?: Readonly<Record<string, string | boolean>>
}

/** A person's answer to a question. */
export interface PermissionReply {
  /** One of the request's options; absent cancels the request. */
  readonly optionId?: string
  /** Arguments changed by the person, where the agent takes them. */
  readonly input?: unknown
  /** Words that go with the answer, where the agent takes them: why not, or what else. */
  readonly text?: string
}

/** Which parts of a session one notice is about. `messageList`: messages came or went; `messages`: that, or one changed. */
export type SessionField = keyof SessionState | 'messages' | 'messageList'

/** That a session changed, and in what; how it stands now is read from the session. */
export interface SessionNotice {
  readonly fields: ReadonlySet<SessionField>
}

/** The fields of a session's state; one that may be absent there reads `undefined`. */
export type SessionFields = { readonly [Field in keyof Required<SessionState>]: SessionState[Field] }

/**
 * One session, live and read-only: its properties always tell how things stand now. What they give is immutable and
 * keeps its identity until it changes.
 */
export interface AgentSession extends SessionFields {
  /** What is stored of the session beside its messages, as plain data. */
  readonly record: SessionRecord
  /** What is resident, oldest first. Made when it is read: for long lists use `messageAt` and `subscribeMessage`. */
  readonly messages: readonly SessionMessage[]
  /** Ids of the resident messages in order: the same array until messages come or go, so that lists can be keyed by it. */
  readonly messageIds: readonly string[]
  /** How many are resident. */
  readonly messageCount: number
  readonly lastMessage: SessionMessage | undefined
  /** By its place in `messages`; `undefined` outside. */
  messageAt(index: number): SessionMessage | undefined
  /** Among those that are resident. */
  findMessage(id: string): SessionMessage | undefined
  /** Whether `loadOlder` would find more. */
  readonly hasOlder: boolean
  /** One notice per flush, after all changes of it; returns its own unsubscribe. */
  subscribe(listener: (notice: SessionNotice) => void): () => void
  /** As `subscribe`, for one message: called with it when it changed, with `undefined` when it went. */
  subscribeMessage(id: string, listener: (message: SessionMessage | undefined) => void): () => void
  /** As `AgentStore.promptSession`. */
  prompt(prompt: Prompt): Promise<PromptResult>
  /** Takes back a prompt that is still queued. */
  withdraw(messageId: string): Promise<CommandResult>
  /** As `AgentStore.stopSession`. */
  stop(): Promise<CommandResult>
  /** As `AgentStore.respond`. */
  respond(requestId: string, reply: PermissionReply): Promise<CommandResult>
  /** As `AgentStore.retry`. */
  retry(messageId: string): Promise<PromptResult>
  /** Changes mode or model, where the agent can. */
  configure(change: SessionConfiguration): Promise<CommandResult>
  /** As `AgentStore.rename`. */
  rename(title: string): Promise<CommandResult>
  /** A pinned session is not removed by retention. */
  pin(pinned: boolean): Promise<CommandResult>
  /** Sets what the session may use from now on; `undefined` takes the bound away. */
  setBudget(budget: Budget | undefined): Promise<CommandResult>
  /** As `AgentStore.forkSession`. */
  fork(): Promise<StartResult>
  /** As `AgentStore.logIn`. */
  logIn(methodId: string): Promise<CommandResult>
  /** Brings up to `count` older messages back from storage; resolves to how many came. Rejects when the storage fails. */
  loadOlder(count: number): Promise<number>
  /** The pages that `loadOlder` brought may leave memory again; they do so with the next notice. */
  releaseOlder(): void
}
