export { createAgentStore } from './store/create-agent-store.ts'
export type { StoreOptions } from './store/store-options.ts'
export type {
  AgentStore,
  Connection,
  ImportedSession,
  Notification,
  OwnedAgentStore,
  PurgeOptions,
  RestoreResult,
  SnapshotSession,
  StartRequest,
  StoreChange,
  StoreEvents,
  StoreListeners,
  StoreSnapshot,
} from './store/agent-store.ts'
export type { WriterState } from './store/writer-state.ts'
export type { Redact } from './store/redaction.ts'

export type { Abilities, AgentSetting, Login } from './session/agent-facts.ts'
export type { AgentSession, PermissionReply, SessionConfiguration, SessionField, SessionFields, SessionNotice } from './session/agent-session.ts'
export type { CommandResult, PromptResult, Refusal, StartResult } from './session/command-result.ts'
export { messageTree, type MessageNode } from './session/message-tree.ts'
export { isPrompt, promptText, type Prompt, type PromptPart } from './session/prompt.ts'
export type { SessionChange, StatePatch } from './session/session-change.ts'
export type { Delivery, MessageRole, SessionMessage, Truncation } from './session/session-message.ts'
export type {
  AvailableCommand,
  Choice,
  EndReason,
  PermissionOption,
  PermissionRequest,
  PlanEntry,
  QueuedPrompt,
  SessionRecord,
} from './session/session-record.ts'
export type { Usage } from './session/usage.ts'
export type { SessionStatus } from './session/session-status.ts'
export type { SavedState, SessionState, Stall } from './session/session-state.ts'
export type { StartOptions } from './session/start-options.ts'

export type * from './ports/agent-event.ts'
export type * from './ports/cursor.ts'
export type * from './ports/agent-transport.ts'
export type { Channel } from './ports/channel.ts'
export type { Clock } from './ports/clock.ts'
export type { Lifecycle } from './ports/lifecycle.ts'
export type * from './ports/provider.ts'
export type * from './ports/provider-state.ts'
export type * from './ports/session-storage.ts'
export { summaryOf } from './ports/session-summary.ts'
export type { SettingsSource } from './ports/settings-source.ts'

export { createShownSession, currentSessionCommands, type CurrentSessionCommands } from './live/current-session.ts'
export { followPart, type Live } from './live/live.ts'
export { createNotificationList, type NotificationList, type ShownNotification } from './live/notification-list.ts'
export { createOpenedSession, type OpenedSession } from './live/opened-session.ts'
export { createPermissionList, type OpenPermission, type PermissionList } from './live/permission-list.ts'
export { createProjectHealth, type ProjectHealth } from './live/project-health.ts'
export { createSessionList, type SessionList, type SessionListOptions } from './live/session-list.ts'
export { followSessionPart, isSessionPart, sessionPart, withoutSession, type SessionParts } from './live/session-parts.ts'
export { trackCommand, type TrackedCommand } from './live/tracked-command.ts'

export { animationFrame } from './defaults/animation-frame.ts'
export { pageLifecycle } from './defaults/page-lifecycle.ts'
export { microtask, systemClock } from './defaults/system-clock.ts'
export { newId } from './defaults/random.ts'
export { createMemoryStorage, type MemoryStorageOptions } from './defaults/memory-storage.ts'

export { AgentSessionError, errorText, type AgentSessionErrorCode, type AgentSessionErrorOptions } from './errors.ts'
export { defaultEnvPolicy, type EnvPolicy } from './env-policy.ts'
export { defaultLimits, type Limits, type LiveLimits } from './limits.ts'
export type { Budget } from './budget/budget.ts'
export type { Activity, Attention, Health } from './health/health.ts'
export type { KeepReason, RetentionPlan } from './retention/plan-retention.ts'
export { defaultRetention, type RetentionPolicy } from './retention/retention-policy.ts'
export { isSessionId } from './session-id.ts'
export { within, type Timely } from './timers/deadline.ts'
