import type { CodexFailure } from './codex-failure.ts'
import type { Conversation } from './conversation.ts'
import type { CostMeter } from './cost-meter.ts'
import type { OpenQuestions } from './open-questions.ts'
import type { SessionFacts } from './session-facts.ts'
import type { SessionLog } from './session-log.ts'

/** What a session is, for those who fold its messages. */
export interface SessionParts {
  readonly log: SessionLog
  readonly conversation: Conversation
  readonly questions: OpenQuestions
  readonly facts: SessionFacts
  readonly cost: CostMeter
  readonly codex: CodexFailure
}
