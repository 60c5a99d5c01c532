/** What went wrong, for programs. The message says it for people, with what to do. */
export type AgentSessionErrorCode =
  | 'session-running'
  | 'start-in-progress'
  | 'start-stopped'
  | 'no-session'
  | 'session-not-found'
  | 'store-disposed'
  | 'transport-refused'
  | 'transport-threw'
  | 'transport-timeout'
  | 'not-supported'
  | 'permission-not-pending'
  | 'permission-option-unknown'
  | 'queue-full'
  | 'not-queued'
  | 'not-failed'
  | 'budget-exceeded'
  | 'session-exists'
  | 'invalid-argument'
  | 'invalid-limit'
  | 'invalid-event'
  | 'unknown-message'
  | 'message-conflict'
  | 'unknown-session-event'
  | 'sequence-gap'
  | 'environment-refused'
  | 'settings-failed'
  | 'settings-invalid'
  | 'listener-threw'
  | 'storage-failed'
  | 'storage-timeout'
  | 'storage-closed'
  | 'storage-unavailable'
  | 'storage-full'
  | 'storage-read-only'
  | 'storage-corrupt'
  | 'storage-newer-schema'
  | 'storage-evicted'
  | 'storage-outdated'
  | 'lease-lost'
  | 'lease-held'
  | 'command-failed'
  | 'disconnected'
  | 'agent-not-found'
  | 'login-required'
  | 'agent-exited'
  | 'agent-protocol'

/** What an error says beside its code and its words. */
export interface AgentSessionErrorOptions {
  /** The error underneath, kept as it came. */
  readonly cause?: unknown
  /** The session that it is about; absent where it is about none, or where it is not known. */
  readonly sessionId?: string
  /** The project that it is about; absent where it is about none. */
  readonly projectId?: string
  /** What the error is about, for a report: the event that was refused, the setting that was passed over. */
  readonly detail?: unknown
}

/** Survives two copies of this package in one app, where `instanceof` would not. */
const marker = Symbol.for('@agent-session/error')

/** The one family of errors of this library: thrown, returned and told as events. */
export class AgentSessionError extends Error {
  override readonly name = 'AgentSessionError'
  readonly code: AgentSessionErrorCode
  /** The session that it is about; absent where it is about none. */
  readonly sessionId?: string
  /** The project that it is about; absent where it is about none. */
  readonly projectId?: string
  /** What it is about, as it came: the event that was refused, the setting that was passed over. Not to be trusted. */
  readonly detail?: unknown
  readonly [marker] = true

  constructor(code: AgentSessionErrorCode, message: string, options: AgentSessionErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    if (options.sessionId !== undefined) this.sessionId = options.sessionId
    if (options.projectId !== undefined) this.projectId = options.projectId
    if (options.detail !== undefined) this.detail = options.detail
  }

  /** The same error, told of a session. */
  about(sessionId: string, projectId?: string): AgentSessionError {
    const { code, message, cause, detail } = this
    return new AgentSessionError(code, message, { cause, detail, sessionId, ...(projectId !== undefined && { projectId }) })
  }

  /** What was thrown, as one of this family: itself where it is one, else as the cause of one with this code. */
  static from(code: AgentSessionErrorCode, thrown: unknown): AgentSessionError {
    return AgentSessionError.isInstance(thrown) ? thrown : new AgentSessionError(code, errorText(thrown), { cause: thrown })
  }

  /** Whether a value is one of this family, also one made by another copy of this package. */
  static isInstance(value: unknown): value is AgentSessionError {
    return typeof value === 'object' && value !== null && marker in value
  }
}

/** The words of anything that was thrown. */
export function errorText(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message
  try {
    return String(thrown)
  } catch {
    // It has no text, or one that throws.
    return 'something that has no text'
  }
}
