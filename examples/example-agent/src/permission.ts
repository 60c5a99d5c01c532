import type {
  PermissionOption,
  RequestPermissionRequest,
  RequestPermissionResponse,
} from '@agentclientprotocol/sdk/unstable'
import type { ToolCallRecord } from './conversation.ts'

export type Permission =
  | { readonly outcome: 'allowed'; readonly always: boolean }
  | { readonly outcome: 'rejected'; readonly reason: string }
  | { readonly outcome: 'cancelled' }

/** `allow_always` holds for the same order, write or run, as long as the session is remembered. */
const OPTIONS: readonly PermissionOption[] = [
  { optionId: 'allow-once', name: 'Allow', kind: 'allow_once' },
  { optionId: 'allow-always', name: 'Always', kind: 'allow_always' },
  { optionId: 'reject-once', name: 'Reject', kind: 'reject_once' },
]

export async function askPermission(
  call: ToolCallRecord,
  ask: (request: Omit<RequestPermissionRequest, 'sessionId'>) => Promise<RequestPermissionResponse>,
): Promise<Permission> {
  const { rawOutput: _none, ...toolCall } = structuredClone(call)
  let answer: RequestPermissionResponse
  try {
    answer = await ask({ toolCall, options: [...OPTIONS] })
  } catch (error) {
    // A client that cannot ask has not allowed it.
    const why = error instanceof Error ? error.message : String(error)
    return { outcome: 'rejected', reason: `Not allowed: the client could not ask (${why}).` }
  }
  const { outcome } = answer
  if (outcome.outcome === 'cancelled') return { outcome: 'cancelled' }
  switch (outcome.optionId) {
    case 'allow-once':
      return { outcome: 'allowed', always: false }
    case 'allow-always':
      return { outcome: 'allowed', always: true }
    case 'reject-once':
      return { outcome: 'rejected', reason: 'Rejected by the user.' }
    default:
      return { outcome: 'rejected', reason: `Not allowed: "${outcome.optionId}" is none of the options.` }
  }
}
