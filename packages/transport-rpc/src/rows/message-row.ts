import { isPrompt, type MessageRecord } from '@agent-session/core'
import { field, textField } from '@agent-session/core/transport'
import { definedOnly } from '../defined-only.ts'
import { isAmount, isCount, isText } from '../kinds-of-value.ts'
import { plainCopy } from '../plain-copy.ts'
import type { MessageRow } from '../wire.ts'

/** The extras: what a message has beside the wire's own fields. */
const extraChecks = {
  prompt: (value: unknown) => typeof value !== 'string' && isPrompt(value),
  toolPath: isText,
  toolCallId: isText,
  toolState: (value: unknown) => value === 'running' || value === 'done' || value === 'failed' || value === 'cancelled',
  parentId: isText,
  delivery: (value: unknown) => value === 'queued' || value === 'sending' || value === 'sent' || value === 'failed',
  streaming: isTrue,
  cut: isTrue,
  isError: isTrue,
  truncated: (value: unknown) => isCount(field(value, 'characters')) && isCount(field(value, 'lines')),
  run: isText,
} satisfies { [Name in keyof MessageRecord]?: (value: unknown) => boolean }

/** A message as the wire carries it. Throws what reading it throws. */
export function messageRow(sessionId: string, message: MessageRecord, extras: boolean): MessageRow {
  const { id: msgId, role, content, toolName, toolInput, timestamp, seqId, ...others } = message
  const { prompt, truncated } = others
  return {
    sessionId,
    msgId,
    role,
    content,
    ...(toolName !== undefined && { toolName }),
    ...(toolInput !== undefined && { toolInput }),
    timestamp,
    seqId,
    // A copy of its own: whoever gave it may change it before it is sent.
    ...(extras && others),
    ...(extras && prompt && { prompt: prompt.map((part) => ({ ...part })) }),
    ...(extras && truncated && { truncated: { ...truncated } }),
  }
}

/** A row as a message; `undefined` where it is none. One without a place gets the seqId 0: whoever reads it gives it one (T27). */
export function messageOfRow(row: unknown): MessageRecord | undefined {
  const given = plainCopy(row)
  const [id, content, role] = [textField(given, 'msgId'), textField(given, 'content'), field(given, 'role')]
  if (id === undefined || content === undefined || !isRole(role)) return undefined
  const [seqId, timestamp] = [field(given, 'seqId'), field(given, 'timestamp')]
  const extras = Object.entries(extraChecks).filter(([name, check]) => check(field(given, name)))
  return {
    id,
    seqId: isCount(seqId) ? seqId : 0,
    role,
    content,
    ...definedOnly({ toolName: textField(given, 'toolName'), toolInput: textField(given, 'toolInput') }),
    ...Object.fromEntries(extras.map(([name]) => [name, field(given, name)])),
    timestamp: isAmount(timestamp) ? timestamp : 0,
  }
}

/**
 * The wire has no word for a message that was taken back. It is written over by a row that no message looks like: of the
 * system, with the name of a tool and no content. Who knows it leaves it out; who does not shows an empty line.
 */
export const removedRow = (sessionId: string, { id, seqId, timestamp }: MessageRecord): MessageRow => ({
  sessionId,
  msgId: id,
  role: 'system',
  content: '',
  toolName: removed,
  timestamp,
  seqId,
})

export const isRemoved = ({ role, content, toolName }: Pick<MessageRecord, 'role' | 'content' | 'toolName'>): boolean =>
  role === 'system' && content === '' && toolName === removed

const removed = 'retracted'

const roles: ReadonlySet<unknown> = new Set<MessageRecord['role']>(['user', 'assistant', 'tool-call', 'tool-result', 'thinking', 'system'])

const isRole = (role: unknown): role is MessageRecord['role'] => roles.has(role)

function isTrue(value: unknown): value is true {
  return value === true
}
