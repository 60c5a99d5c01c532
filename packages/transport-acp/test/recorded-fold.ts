import type { AgentEvent } from '@agent-session/core'
import type { RecordedStream } from '@agent-session/core/conformance'
import { AcpFold } from '../src/fold/acp-fold.ts'
import { foldLine, promptOf, recordedAt } from './recorded-stream.ts'

/** Lines read by a fold of ours, as the check of recorded streams has it. */
export const recorded = (lines: readonly unknown[]): RecordedStream<unknown> => ({
  lines,
  promptOf,
  fold(sessionId) {
    const fold = new AcpFold(sessionId)
    const ended = new Set<string | undefined>()
    const noted = (events: readonly AgentEvent[]): readonly AgentEvent[] => {
      for (const event of events) if (event.type === 'status') ended.add(event.run)
      return events
    }
    return {
      take: (line, run) => noted(foldLine(fold, line, run)),
      end: (run) => {
        const error = 'The stream ends here'
        const events = noted(fold.lost({ reason: 'error', error }, recordedAt))
        // Where the prompt was not sent yet it is the refusal of the start that ends the run.
        return ended.has(run) ? events : [...events, { type: 'status', sessionId, run, status: 'error', error }]
      },
    }
  },
})
