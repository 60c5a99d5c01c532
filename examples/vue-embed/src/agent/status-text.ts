import type { AgentSession } from '@agent-session/core'

export interface StatusText {
  readonly text: string
  readonly tone: 'quiet' | 'busy' | 'waiting' | 'bad'
}

/** The state of a session in words. */
export function statusText(
  session: { status: AgentSession['status'] | undefined; endReason: AgentSession['endReason']; error: string | undefined; asks: boolean } | undefined,
): StatusText {
  if (session === undefined) return { text: 'Ready', tone: 'quiet' }
  const { status, endReason, error, asks } = session
  if (asks) return { text: 'Waiting for you', tone: 'waiting' }
  if (status === 'running') return { text: 'Working', tone: 'busy' }
  if (status === 'error') return { text: `Failed: ${error ?? 'unknown'}`, tone: 'bad' }
  if (endReason === 'interrupted') return { text: 'Interrupted', tone: 'waiting' }
  return { text: endReason === 'stopped' ? 'Stopped' : 'Done', tone: 'quiet' }
}
