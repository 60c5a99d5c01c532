import type { AgentEvent } from '@agent-session/core'
import type { StreamFold } from '@agent-session/core/conformance'

/** What a fold is told where its stream breaks off. */
export const brokenOff = 'The stream ends here'

/** A fold as its driver has it: where the prompt was not sent yet it is the refusal of the start that ends the run. */
export function alwaysEnding(sessionId: string, { take, end }: StreamFold<unknown>): StreamFold<unknown> {
  const ended = new Set<string | undefined>()
  const noted = (events: readonly AgentEvent[]): readonly AgentEvent[] => {
    for (const event of events) if (event.type === 'status') ended.add(event.run)
    return events
  }
  return {
    take: (line, run) => noted(take(line, run)),
    end: (run) => {
      const events = noted(end(run))
      return ended.has(run) ? events : [...events, { type: 'status', sessionId, run, status: 'error', error: brokenOff }]
    },
  }
}
