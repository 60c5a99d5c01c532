import { reduce } from '../reduce/reduce.ts'
import type { ReduceContext } from '../reduce/reduce-context.ts'
import { SessionModel } from '../session/session-model.ts'
import { recordOf } from '../session/session-state.ts'
import type { ImportedSession } from './agent-store.ts'

/** A session whose run is lost, ended as any other that is found so: nothing of it streams, runs or asks any more. */
export function interruptedSession({ record, messages }: ImportedSession, context: ReduceContext): ImportedSession {
  const state = { ...record, current: false, live: false, saved: 'saved' as const }
  const model = new SessionModel({ type: 'opened', state, messages, hasOlder: false })
  const { changes } = reduce(model, { type: 'run-ended', status: 'idle', reason: 'interrupted' }, context)
  for (const change of changes) model.apply(change)
  return { record: recordOf(model.state), messages: model.log.snapshot() }
}
