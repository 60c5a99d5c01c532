import type { CommitBatch } from '../ports/session-storage.ts'

/** Takes secrets out of a text; called for each text of a session before it is stored. */
export type Redact = (text: string) => string

/** Fields that name things: changed, they would no longer be found. */
const names = new Set([
  'id', 'sessionId', 'projectId', 'provider', 'role', 'status', 'endReason', 'agentSessionId', 'mode', 'run', 'messageId',
  'toolCallId', 'parentId', 'toolState', 'delivery', 'state', 'optionId', 'kind', 'type', 'mimeType', 'epoch',
  // Of an image: letters that mean nothing, of which any pattern for secrets would find some.
  'data',
])

/** A batch whose texts have been through `redact`; its names and numbers are as they were. */
export function redactBatch(batch: CommitBatch, redact: Redact): CommitBatch {
  return { ...batch, session: redactTexts(batch.session, redact), upsert: batch.upsert.map((message) => redactTexts(message, redact)) }
}

/** The same with every text through `redact`, but for those that name things. */
export function redactTexts<Value>(value: Value, redact: Redact): Value {
  // The shape stays and only texts change, which a generic type cannot say.
  return redacted(value, redact) as Value
}

/** `ours`: the shape is this library's, so that its names are known; what a tool gets may be called anything. */
function redacted(value: unknown, redact: Redact, ours = true): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map((item: unknown) => redacted(item, redact, ours))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]: [string, unknown]) => {
      const isName = ours && names.has(name) && typeof inner === 'string'
      return [name, isName ? inner : redacted(inner, redact, ours && name !== 'input')]
    }),
  )
}
