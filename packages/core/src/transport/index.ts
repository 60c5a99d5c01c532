/** What transports are made of: unknown data read safely, events before they have a scope, ids, refusals. */
export { ownId } from './agent-id.ts'
export { agentProblem, type Refusal, refusal } from './agent-problem.ts'
export type { EventBody } from './event-body.ts'
export { isoTime } from '../defaults/iso-time.ts'
export { jsonText } from './json-text.ts'
export { newTurn, type Turn } from './turn.ts'
export { amountField, field, type Fields, fieldsOf, listField, textField } from './unknown-data.ts'
