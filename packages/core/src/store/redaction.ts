import type { CommitBatch } from '../ports/session-storage.ts'

/** Takes secrets out of a text; called for each text of a session before it is stored. */
export type Redact = (text: string) => string

/** Fields that name things: changed, they would no longer be found. */
const names = new Set([
  'id', 'sessionId', 'projectId', 'provider', 'role', 'status', 'endReason', 'agentSessionId', 'mode', 'run', 'messageId',
  'toolCallId', 'parentId', 'toolState', 'delivery', 'state', 'optionId', 'kind', 'type', 'mimeType', 'epoch',
])

/** A batch whose texts have been through `redact`; its names and numbers are as they were. */
export function redactBatch(batch: CommitBatch, redact: Redact): CommitBatch {
  return { ...batch, session: walk(batch.session, redact), upsert: batch.upsert.map((message) => walk(message, redact)) }
}

function walk<Value>(value: Value, redact: Redact): Value {
  // The shape stays and only texts change, which a generic type cannot say.
  return redacted(value, redact) as Value
}

function redacted(value: unknown, redact: Redact): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map((item: unknown) => redacted(item, redact))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]: [string, unknown]) => [name, names.has(name) && typeof inner === 'string' ? inner : redacted(inner, redact)]),
  )
}
