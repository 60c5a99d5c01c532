import { defaultLimits, type AgentSessionEvent, type Limits, type SessionMessage, type SessionState } from '../src/index.ts'
import { reduce } from '../src/reduce/reduce.ts'
import type { Reduction } from '../src/reduce/session-draft.ts'
import type { StoreAction } from '../src/reduce/store-action.ts'
import { SessionModel } from '../src/session/session-model.ts'
import { noUsage } from '../src/session/usage.ts'

export const sampleState = (given: Partial<SessionState> = {}): SessionState => ({
  sessionId: 's',
  projectId: 'p',
  provider: 'claude',
  status: 'running',
  ...noUsage,
  usageBeforeRun: noUsage,
  model: '',
  modes: [],
  models: [],
  commands: [],
  plan: [],
  permissions: [],
  queue: [],
  options: {},
  run: 'r',
  createdAt: 0,
  updatedAt: 0,
  lastSeqId: 0,
  turns: 0,
  current: true,
  live: true,
  saved: 'saved',
  ...given,
})

export const sampleMessage = (id: string, seqId: number, given: Partial<SessionMessage> = {}): SessionMessage => ({
  id,
  seqId,
  role: 'assistant',
  content: id,
  timestamp: 0,
  ...given,
})

type Said = AgentSessionEvent extends infer Event ? (Event extends unknown ? Omit<Event, 'sessionId'> : never) : never

/** A session that lives by `reduce` alone: what is told is reduced and applied. */
export interface ReducedSession {
  readonly model: SessionModel
  readonly messages: readonly SessionMessage[]
  readonly state: SessionState
  /** An event of the agent. */
  tell(event: Said): Reduction
  act(action: StoreAction): Reduction
  find(id: string): SessionMessage | undefined
}

export function reducedSession(given: Partial<SessionState> = {}, messages: readonly SessionMessage[] = [], limits: Partial<Limits> = {}): ReducedSession {
  const lastSeqId = given.lastSeqId ?? messages.at(-1)?.seqId ?? 0
  const model = new SessionModel({ type: 'opened', state: sampleState({ ...given, lastSeqId }), messages, hasOlder: false })
  const context = { now: 1_000, limits: { ...defaultLimits, ...limits } }
  const take = (input: AgentSessionEvent | StoreAction): Reduction => {
    const reduction = reduce(model, input, context)
    for (const change of reduction.changes) model.apply(change)
    return reduction
  }
  return {
    model,
    get messages() {
      return model.log.snapshot()
    },
    get state() {
      return model.state
    },
    tell: (event) => take({ ...event, sessionId: 's' }),
    act: take,
    find: (id) => model.log.get(id),
  }
}
