import { isPrompt, type MessageRecord } from '@agent-session/core'
import { isNumber, oneOf } from './row.ts'
import type { SqliteValue } from './sqlite-driver.ts'
import { parseJson } from './stored-json.ts'
import { readText, storedText } from './stored-text.ts'

/** In the order of `messageValues` and `readMessage`. The long texts come last: what is before them is read without them. */
const columns = [
  'key', 'id', 'role', 'timestamp', 'run', 'parent_id', 'tool_name', 'tool_call_id', 'tool_state', 'tool_path', 'delivery',
  'streaming', 'cut', 'is_error', 'truncated_characters', 'truncated_lines', 'tool_input', 'content',
  'prompt',
] as const

export const messageColumns = columns.join(', ')

const plainColumns = ['key', 'id', 'role', 'timestamp', 'run', 'content'] as const

/** Changes nothing where another message has the place: a seqId is never given twice. Columns that are not given become null. */
const upsertSql = (given: readonly string[], rows = 1): string => `
  INSERT INTO messages (${given.join(', ')}) VALUES ${Array(rows).fill(`(${given.map(() => '?').join(', ')})`).join(', ')}
  ON CONFLICT (key) DO UPDATE SET ${columns.slice(2).map((column) => `${column} = excluded.${column}`).join(', ')}
  WHERE id = excluded.id`

export const upsertMessageSql = upsertSql(columns)
/** For a message that is text and nothing else, as most are: each value that is bound costs. */
export const upsertPlainMessageSql = upsertSql(plainColumns)
/** So many in one statement: each call into SQLite costs too, a fifth of all with better-sqlite3; more of them save no more. */
export const plainAtOnce = 10
export const upsertPlainMessagesSql = upsertSql(plainColumns, plainAtOnce)

const seqIds = 2 ** 32

/** One integer orders the messages of a session and keeps them together: the fastest key that SQLite has. */
export const messageKey = (session: number, seqId: number): number => session * seqIds + seqId

export const seqIdOf = (key: number): number => key % seqIds

export const sessionOf = (key: number): number => Math.floor(key / seqIds)

export const isSeqId = (seqId: number): boolean => Number.isInteger(seqId) && seqId >= 0 && seqId < seqIds - 1

const optional = (text: string | undefined): SqliteValue => (text === undefined ? null : storedText(text))
const flag = (set: true | undefined): SqliteValue => (set ? 1 : null)

export const isPlain = (message: MessageRecord): boolean =>
  message.prompt === undefined &&
  message.toolName === undefined &&
  message.toolInput === undefined &&
  message.toolPath === undefined &&
  message.toolCallId === undefined &&
  message.toolState === undefined &&
  message.parentId === undefined &&
  message.delivery === undefined &&
  message.streaming === undefined &&
  message.cut === undefined &&
  message.isError === undefined &&
  message.truncated === undefined

/** In the order of the plain columns. */
export const plainValues = (session: number, { seqId, id, role, timestamp, run, content }: MessageRecord): SqliteValue[] => [
  messageKey(session, seqId),
  storedText(id),
  role,
  timestamp,
  optional(run),
  storedText(content),
]

export const messageValues = (session: number, message: MessageRecord): SqliteValue[] => [
  messageKey(session, message.seqId),
  storedText(message.id),
  message.role,
  message.timestamp,
  optional(message.run),
  optional(message.parentId),
  optional(message.toolName),
  optional(message.toolCallId),
  message.toolState ?? null,
  optional(message.toolPath),
  message.delivery ?? null,
  flag(message.streaming),
  flag(message.cut),
  flag(message.isError),
  message.truncated?.characters ?? null,
  message.truncated?.lines ?? null,
  optional(message.toolInput),
  storedText(message.content),
  message.prompt === undefined ? null : JSON.stringify(message.prompt),
]

const roles: readonly MessageRecord['role'][] = ['user', 'assistant', 'tool-call', 'tool-result', 'thinking', 'system']
const toolStates = ['running', 'done', 'failed', 'cancelled'] as const
const deliveries = ['queued', 'sending', 'sent', 'failed'] as const

type Draft = { -readonly [F in keyof MessageRecord]: MessageRecord[F] }

/** Reads a row with the columns in their order. `undefined` where it is no message: then it is damaged. */
export function readMessage(row: readonly unknown[]): MessageRecord | undefined {
  const key = row[0]
  const id = readText(row[1])
  const role = oneOf(roles, row[2])
  const timestamp = row[3]
  const content = readText(row[17])
  if (id === undefined || role === undefined || content === undefined || !isNumber(key) || !isNumber(timestamp)) return undefined
  const message: Draft = { id, seqId: seqIdOf(key), role, content, timestamp }
  const run = readText(row[4])
  if (run !== undefined) message.run = run
  const parentId = readText(row[5])
  if (parentId !== undefined) message.parentId = parentId
  const toolName = readText(row[6])
  if (toolName !== undefined) message.toolName = toolName
  const toolCallId = readText(row[7])
  if (toolCallId !== undefined) message.toolCallId = toolCallId
  const toolState = oneOf(toolStates, row[8])
  if (toolState !== undefined) message.toolState = toolState
  const toolPath = readText(row[9])
  if (toolPath !== undefined) message.toolPath = toolPath
  const delivery = oneOf(deliveries, row[10])
  if (delivery !== undefined) message.delivery = delivery
  if (row[11] === 1) message.streaming = true
  if (row[12] === 1) message.cut = true
  if (row[13] === 1) message.isError = true
  const [characters, lines] = [row[14], row[15]]
  if (isNumber(characters) && isNumber(lines)) message.truncated = { characters, lines }
  const toolInput = readText(row[16])
  if (toolInput !== undefined) message.toolInput = toolInput
  const prompt = readPrompt(row[18])
  if (prompt !== undefined) message.prompt = prompt
  return message
}

/** Damaged, it costs the parts: their words are in the content. */
function readPrompt(value: unknown): MessageRecord['prompt'] {
  if (typeof value !== 'string') return undefined
  try {
    const prompt = parseJson(value)
    return isPrompt(prompt) && typeof prompt !== 'string' ? prompt : undefined
  } catch {
    return undefined
  }
}
