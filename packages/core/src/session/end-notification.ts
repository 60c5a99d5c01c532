import type { Notification } from '../store/agent-store.ts'
import type { EndReason } from './session-record.ts'
import type { SessionState } from './session-state.ts'

type Ended = Pick<SessionState, 'status' | 'sessionId' | 'projectId'> & { readonly endReason?: EndReason | undefined; readonly error?: string | undefined }

/** What a person is told of a run that has ended (B18); `undefined` where it is no news, as of one that was interrupted. */
export function endNotification({ status, endReason, error, sessionId, projectId }: Ended): Notification | undefined {
  const of = { sessionId, projectId }
  if (status === 'error') return { variant: 'error', message: `Agent error on ${projectId}: ${error || 'unknown'}`, ...of }
  if (endReason === 'stopped' || endReason === 'budget') return { variant: 'info', message: `Agent stopped on ${projectId}`, ...of }
  if (status === 'done') return { variant: 'success', message: `Agent completed on ${projectId}`, ...of }
  return undefined
}
