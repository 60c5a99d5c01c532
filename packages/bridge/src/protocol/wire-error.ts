import { AgentSessionError, type AgentSessionErrorCode } from '@agent-session/core'
import { fieldOf } from '../plain-data.ts'

/**
 * An error as it travels: without its cause and detail, which may hold what no window should see and may be nothing
 * that can be sent.
 */
export interface WireError {
  readonly code: AgentSessionErrorCode
  readonly message: string
  readonly sessionId?: string
  readonly projectId?: string
}

export function encodeError(error: AgentSessionError): WireError {
  return {
    code: error.code,
    message: error.message,
    ...(error.sessionId !== undefined && { sessionId: error.sessionId }),
    ...(error.projectId !== undefined && { projectId: error.projectId }),
  }
}

/** `undefined` for what is no error. */
export function decodeError(value: unknown): AgentSessionError | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const [code, message, sessionId, projectId] = ['code', 'message', 'sessionId', 'projectId'].map((name) => fieldOf(value, name))
  if (!isCode(code) || typeof message !== 'string') return undefined
  return new AgentSessionError(code, message, {
    ...(typeof sessionId === 'string' && { sessionId }),
    ...(typeof projectId === 'string' && { projectId }),
  })
}

// A host of a newer version may know codes that this one does not: any word of their kind is let through.
const isCode = (code: unknown): code is AgentSessionErrorCode => typeof code === 'string' && /^[a-z][a-z-]{0,63}$/.test(code)
