import type {
  Budget,
  CommandResult,
  ForeignQuery,
  ForeignSession,
  Hit,
  ImportedSession,
  MessageRange,
  Page,
  PermissionReply,
  Prompt,
  PromptResult,
  ProviderState,
  PurgeOptions,
  RetentionPlan,
  RetentionPolicy,
  SessionConfiguration,
  SessionMessage,
  SessionSummary,
  StartRequest,
  StartResult,
} from '@agent-session/core'
import type { Position } from './packets.ts'
import type { WireError } from './wire-error.ts'

/**
 * What a call came to, and how far the host was then: the mirror gives the result to its caller when it is as far.
 * `at` is absent where nothing was asked of the store.
 */
export type CallAnswer<Value> =
  | { readonly ok: true; readonly value: Value; readonly at: Position }
  | { readonly ok: false; readonly error: WireError; readonly at?: Position }

/** `RestoreResult` as it travels. */
type WireRestoreResult =
  | { readonly outcome: 'live' | 'restored' | 'interrupted'; readonly sessionId: string }
  | { readonly outcome: 'none' }
  | { readonly outcome: 'failed'; readonly error: WireError }

/** What a mirror may ask of its host, and nothing else. What is absent is `null`: JSON has nothing else for it. */
export interface HostCalls {
  start(projectId: string, request: StartRequest): StartResult
  prompt(projectId: string, prompt: Prompt): PromptResult
  promptSession(sessionId: string, prompt: Prompt): PromptResult
  stop(projectId: string): CommandResult
  stopSession(sessionId: string): CommandResult
  respond(sessionId: string, requestId: string, reply: PermissionReply): CommandResult
  withdraw(sessionId: string, messageId: string): CommandResult
  importSession(session: ImportedSession): StartResult
  retry(sessionId: string, messageId: string): PromptResult
  forkSession(sessionId: string): StartResult
  logIn(sessionId: string, methodId: string): CommandResult
  listForeignSessions(projectId: string, query: ForeignQuery): readonly ForeignSession[]
  listProviders(): readonly ProviderState[]
  configure(sessionId: string, change: SessionConfiguration): CommandResult
  rename(sessionId: string, title: string): CommandResult
  pin(sessionId: string, pinned: boolean): CommandResult
  setBudget(sessionId: string, budget: Budget | null): CommandResult
  setRetention(policy: Partial<RetentionPolicy>): CommandResult
  takeOver(): CommandResult
  planRetention(projectId: string, policy: Partial<RetentionPolicy>): RetentionPlan
  loadSettings(): CommandResult
  select(projectId: string, sessionId: string): CommandResult
  clear(projectId: string): CommandResult
  purge(sessionId: string, options: PurgeOptions): CommandResult
  purgeProject(projectId: string): CommandResult
  restore(projectId: string): WireRestoreResult
  /** Whether there is such a session; it comes to the mirror as a change. */
  openSession(sessionId: string): boolean
  listSessions(projectId: string | null, page: Page): readonly SessionSummary[]
  /** At most `messagesPerCall`, the newest of the range. */
  loadMessages(sessionId: string, range: MessageRange): readonly SessionMessage[]
  search(text: string, page: Page): readonly Hit[]
  flush(): null
}

/** Messages that one `loadMessages` gives at most; a mirror asks again for more. */
export const messagesPerCall = 1_000

export type CallName = keyof HostCalls
