import type { AgentEvent } from '../ports/agent-event.ts'

/** How a recorded stream becomes events: one fold, at work on one session. */
export interface StreamFold<Line> {
  /** One line of the recording, in the run that is under way. */
  take(line: Line, run: string): readonly AgentEvent[]
  /** The recording ends here, as if the agent were gone: what ends the run, and nothing where it is over. */
  end(run: string): readonly AgentEvent[]
}

/** A recorded stream, and how to read it. */
export interface RecordedStream<Line> {
  readonly lines: readonly Line[]
  /** A fold that has seen nothing. Every event that it gives is to be of this session. */
  fold(sessionId: string): StreamFold<Line>
  /**
   * The prompt that a line is, where the recording has what the person sent: with each a run begins. Absent, or where
   * no line is one: the whole recording is one run.
   */
  promptOf?(line: Line): string | undefined
}

/** How the session of a stream must have ended. What is absent is not looked at. */
export interface ExpectedEnd {
  readonly status?: string
  readonly endReason?: string
  /** As the program itself reported it last. */
  readonly costUsd?: number
  readonly inputTokens?: number
  readonly outputTokens?: number
}
