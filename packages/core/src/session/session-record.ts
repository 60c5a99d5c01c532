import type { Budget } from '../budget/budget.ts'
import type { Limits } from '../limits.ts'
import type { Cursor } from '../ports/cursor.ts'
import type { Prompt } from './prompt.ts'
import type { SessionStatus } from './session-status.ts'
import type { StartOptions } from './start-options.ts'
import type { Usage } from './usage.ts'

/** Why the last run ended. Any other word is the agent's own. */
export type EndReason = 'completed' | 'stopped' | 'error' | 'interrupted' | (string & {})

/** One of several things to choose from: a mode, a model. */
export interface Choice {
  readonly id: string
  readonly label: string
  /** Absent where the agent gives none. */
  readonly description?: string
}

/** A command that the agent offers, to be written as `/name` in a prompt. */
export interface AvailableCommand {
  readonly name: string
  /** Absent where the agent gives none. */
  readonly description?: string
  /** What to write after the name; absent where the command takes nothing, or the agent does not say. */
  readonly hint?: string
}

/** One step of the agent's plan. */
export interface PlanEntry {
  readonly content: string
  readonly status: 'pending' | 'in_progress' | 'completed'
  /** In the agent's own words, such as `high`; absent where it gives none. */
  readonly priority?: string
}

/** One of the answers that a question allows. */
export interface PermissionOption {
  readonly id: string
  readonly label: string
  readonly kind: 'allow_once' | 'allow_always' | 'reject_once' | 'reject_always'
}

/**
 * A question that the agent waits on. Only `pending` can be answered.
 * `answering`: an answer is on its way; `selected`: answered; `cancelled`: by a stop or the agent;
 * `expired`: its agent is gone, so that no answer would reach it.
 */
export interface PermissionRequest {
  readonly id: string
  readonly title: string
  readonly state: 'pending' | 'answering' | 'selected' | 'cancelled' | 'expired'
  /** The call that waits for the answer; absent where it is about no call. */
  readonly toolCallId?: string
  /** The tool call of the sub-agent that asks; absent at the top. */
  readonly parentId?: string
  /** The arguments that the answer covers. */
  readonly input?: unknown
  readonly options: readonly PermissionOption[]
  /** The option that was taken, once `answering` or `selected`. */
  readonly optionId?: string
  /** The run that asked; absent where the agent did not say and none was under way. */
  readonly run?: string
  /** Epoch ms. */
  readonly askedAt: number
}

/** A prompt that waits for the turn that is under way. */
export interface QueuedPrompt {
  readonly messageId: string
  readonly prompt: Prompt
  /** Epoch ms. */
  readonly queuedAt: number
}

/** What is known of a session apart from its messages; this, and nothing else of it, is stored. */
export interface SessionRecord extends Usage {
  readonly sessionId: string
  readonly projectId: string
  readonly provider: string
  readonly status: SessionStatus
  /** The sums as they were when the run began: what a report of the run alone is added to. */
  readonly usageBeforeRun: Usage
  /** Tokens in the model's context, and how many fit; absent until the agent reports. */
  readonly contextUsed?: number
  /** Tokens that fit into the model's context; absent until the agent reports. */
  readonly contextSize?: number
  /** `''` until the agent or the caller names one. */
  readonly model: string
  /** Of the last run that failed; absent once a new run begins. */
  readonly error?: string
  /** Absent while a run is under way, and before the first. */
  readonly endReason?: EndReason
  /** Given by a person with `rename`, else by the agent; absent until then. */
  readonly title?: string
  /** The title is a person's: one that the agent gives later does not take its place. Absent: it is the agent's, or there is none. */
  readonly renamed?: true
  /** The agent's own id of this session, by which it can be resumed. */
  readonly agentSessionId?: string
  /** The `id` of one of `modes`; absent until the agent tells or `configure` sets it. */
  readonly mode?: string
  readonly modes: readonly Choice[]
  readonly models: readonly Choice[]
  readonly commands: readonly AvailableCommand[]
  readonly plan: readonly PlanEntry[]
  /** Of the newest run, in the order they were asked. */
  readonly permissions: readonly PermissionRequest[]
  /**
   * `gapped`: events were missed for good; `restarted`: the agent began anew and remembers nothing of the
   * transcript. Absent: nothing is missing.
   */
  readonly continuity?: 'gapped' | 'restarted'
  /** Prompts that wait for the run that is under way, in their order. After a stop or an error they wait on. */
  readonly queue: readonly QueuedPrompt[]
  /** The run that is under way, or the last one. */
  readonly run?: string
  /** What the session was started with, to continue it. Never holds `extraEnv`: it may carry secrets. */
  readonly options: StartOptions
  /** The session that this one was made of by `fork`; it may be gone by now. Absent: it began by itself. */
  readonly forkedFrom?: string
  /** Retention leaves it alone; absent: it does not. */
  readonly pinned?: true
  /** What the session may use; absent: as much as it likes. */
  readonly budget?: Budget
  /** What it was started with of limits of its own; absent: all are the store's. A restore keeps them. */
  readonly limits?: Partial<Limits>
  /** How many runs have begun. */
  readonly turns: number
  /** Epoch ms. */
  readonly createdAt: number
  /** Epoch ms of the last thing that happened in it; never goes back. */
  readonly updatedAt: number
  /** The highest seqId ever given; the next message takes the one after it. */
  readonly lastSeqId: number
  /**
   * In storage alone: the seqIds of the messages that go on (that stream, whose tool runs, that are being sent), rising. A
   * restore reads them, however far back they are. Absent: none does.
   */
  readonly open?: readonly number[]
  /**
   * In storage alone: what the agent told after this place was asked for, and nobody had answered yet; of several places
   * the first. Where the cursor is of another numbering, it is not known what was missed. `null`: all that it told, since
   * nothing had been heard. Absent: nothing is asked.
   */
  readonly asked?: Cursor | null
}

/** Whether the run of a session that is read back never ended: its agent was at work, or rested in the middle of it. */
export const isUnended = ({ status, run, endReason }: Pick<SessionRecord, 'status' | 'run' | 'endReason'>): boolean =>
  status === 'running' || (status === 'idle' && run !== undefined && endReason === undefined)
