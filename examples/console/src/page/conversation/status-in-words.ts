import type { AgentSession, SessionSummary } from '@agent-session/core'
import { formatCount, formatTime } from '../text/format.ts'

type Tone = 'quiet' | 'busy' | 'good' | 'attention' | 'bad'

export interface StatusInWords {
  readonly tone: Tone
  /** One word of it, where a list has room for no more. */
  readonly word: string
  readonly text: string
  /** What else is not as it should be, a sentence each. */
  readonly remarks: readonly string[]
}

type Told = Pick<AgentSession, 'status' | 'live' | 'endReason' | 'error' | 'stall' | 'permissions' | 'saved' | 'continuity' | 'queue'> &
  Partial<Pick<AgentSession, 'costUsd' | 'inputTokens' | 'outputTokens' | 'turns'>> & { readonly budget?: AgentSession['budget'] }

/** How a session stands, for a person. */
export function statusInWords(session: Told): StatusInWords {
  return { ...mainStatus(session), remarks: remarks(session) }
}

/** The same of one that is not in memory: nothing goes on there. */
export function summaryInWords({ status, endReason, error }: SessionSummary): StatusInWords {
  return statusInWords({ status, endReason, error, live: false, stall: undefined, permissions: [], saved: 'saved', continuity: undefined, queue: [] })
}

function mainStatus(session: Told): Omit<StatusInWords, 'remarks'> {
  if (session.live) return liveStatus(session)
  if (session.endReason === 'stopped' && session.status === 'error') return { tone: 'bad', word: 'Stopped', text: `Stopped: ${session.error ?? 'the agent did not answer.'}` }
  if (session.status === 'error') return { tone: 'bad', word: 'Error', text: `Error: ${session.error ?? 'the agent did not say why.'}` }
  switch (session.endReason) {
    case 'budget':
      return { tone: 'attention', word: 'Limit', text: `Stopped: ${limitInWords(session)} was reached.` }
    case undefined:
      return { tone: 'quiet', word: 'Idle', text: 'Idle' }
    case 'completed':
      return { tone: 'good', word: 'Done', text: 'Done' }
    case 'stopped':
      return { tone: 'quiet', word: 'Stopped', text: 'Stopped' }
    case 'interrupted':
      return { tone: 'attention', word: 'Interrupted', text: 'Interrupted: the host ended while the agent was at work. Send a prompt to go on.' }
    default:
      return { tone: 'good', word: 'Done', text: `Done (${session.endReason.replaceAll('_', ' ')})` }
  }
}

/** Which of its limits a session has come to. */
function limitInWords({ budget, costUsd = 0, inputTokens = 0, outputTokens = 0, turns = 0 }: Told): string {
  if (budget?.costUsd !== undefined && costUsd >= budget.costUsd) return `the limit of ${budget.costUsd.toFixed(2)} USD`
  if (budget?.tokens !== undefined && inputTokens + outputTokens >= budget.tokens) return `the limit of ${formatCount(budget.tokens)} tokens`
  if (budget?.turns !== undefined && turns >= budget.turns) return `the limit of ${budget.turns === 1 ? '1 turn' : `${budget.turns} turns`}`
  return 'a limit'
}

function liveStatus({ permissions, stall, status }: Told): Omit<StatusInWords, 'remarks'> {
  if (permissions.some(({ state }) => state === 'pending')) return { tone: 'attention', word: 'Asks', text: 'Running: waits for your answer' }
  if (stall === undefined) return { tone: 'busy', word: 'Running', text: status === 'idle' ? 'Running: rests' : 'Running' }
  const since = formatTime(stall.since)
  switch (stall.cause) {
    case 'tool':
      return { tone: 'busy', word: 'Running', text: `Running: a tool is at work, nothing new since ${since}` }
    case 'person':
      return { tone: 'attention', word: 'Asks', text: `Running: waits for your answer since ${since}` }
    case 'connection':
      return { tone: 'attention', word: 'Stalled', text: `Stalled: no connection to the agent since ${since}` }
    case 'model':
      return { tone: 'attention', word: 'Stalled', text: `Stalled: the agent has said nothing since ${since}` }
  }
}

function remarks({ saved, continuity, queue, live }: Told): string[] {
  return [
    ...(saved === 'failing' ? ['Saving fails; it is tried again.'] : []),
    ...(continuity === 'gapped' ? ['A part of the conversation is missing.'] : []),
    ...(continuity === 'restarted' ? ['The agent began anew: it remembers nothing of what is above.'] : []),
    ...(!live && queue.length > 0 ? [`${queue.length === 1 ? 'A prompt is' : `${queue.length} prompts are`} still waiting.`] : []),
  ]
}
