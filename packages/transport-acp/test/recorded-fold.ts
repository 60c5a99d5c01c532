import type { RecordedStream } from '@agent-session/core/conformance'
import { AcpFold } from '../src/fold/acp-fold.ts'
import { alwaysEnding, brokenOff } from '../../../test/transports/always-ending.ts'
import { recordedAt } from '../../../test/transports/recordings.ts'
import { foldLine, promptOf } from './recorded-stream.ts'

/** Lines read by a fold of ours, as the check of recorded streams has it. */
export const recorded = (lines: readonly unknown[]): RecordedStream<unknown> => ({
  lines,
  promptOf,
  fold(sessionId) {
    const fold = new AcpFold(sessionId)
    return alwaysEnding(sessionId, {
      take: (line, run) => foldLine(fold, line, run),
      end: () => fold.lost({ reason: 'error', error: brokenOff }, recordedAt),
    })
  },
})
