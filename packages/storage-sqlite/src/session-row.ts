import type { Cursor, SessionRecord, SessionSummary } from '@agent-session/core'
import { isNumber, isRow, oneOf, type Row } from './row.ts'
import type { SqliteValue } from './sqlite-driver.ts'
import { parseJson } from './stored-json.ts'
import { readText, storedText } from './stored-text.ts'

/** What a list shows has a column each; in the order of `sessionValues`. */
const summaryColumns = [
  'session_id', 'project_id', 'provider', 'status', 'end_reason', 'title', 'model', 'cost_usd', 'input_tokens', 'output_tokens',
  'error', 'pinned', 'created_at', 'updated_at', 'last_seq_id',
] as const
const columns = [...summaryColumns, 'rest', 'cursor_epoch', 'cursor_seq', 'unindexed_from'] as const

export const summaryColumnList = summaryColumns.join(', ')
export const recordColumnList = `${summaryColumnList}, rest`

/** One that no session has, nor any that was removed and is still being cleared away. */
const newId = `(
  SELECT 1 + max(coalesce((SELECT max(id) FROM sessions), 0), coalesce((SELECT max(id) FROM removed), 0)))`

/** Gives the row's key. A cursor that is absent leaves the stored one. */
export const upsertSessionSql = `
  INSERT INTO sessions (id, ${columns.join(', ')}) VALUES (${newId}, ${columns.map(() => '?').join(', ')})
  ON CONFLICT (session_id) DO UPDATE SET
    ${columns.slice(1, -3).map((column) => `${column} = excluded.${column}`).join(', ')},
    cursor_epoch = coalesce(excluded.cursor_epoch, cursor_epoch),
    cursor_seq = coalesce(excluded.cursor_seq, cursor_seq),
    unindexed_from = coalesce(min(unindexed_from, excluded.unindexed_from), unindexed_from, excluded.unindexed_from)
  RETURNING id`

/** The fields that have no column of their own. */
type Rest = Omit<SessionRecord, keyof SessionSummary>

const optional = (text: string | undefined): SqliteValue => (text === undefined ? null : storedText(text))

/** `changedFrom`: the first seqId that the full-text index has to take in anew; `undefined` where it need not. */
export function sessionValues(record: SessionRecord, cursor: Cursor | undefined, changedFrom: number | undefined): SqliteValue[] {
  const {
    sessionId, projectId, provider, status, endReason, title, model, costUsd, inputTokens, outputTokens, error, pinned, createdAt, updatedAt, lastSeqId,
    ...rest
  } = record
  return [
    storedText(sessionId),
    storedText(projectId),
    storedText(provider),
    status,
    optional(endReason),
    optional(title),
    storedText(model),
    costUsd,
    inputTokens,
    outputTokens,
    optional(error),
    pinned ? 1 : null,
    createdAt,
    updatedAt,
    lastSeqId,
    JSON.stringify(rest satisfies Rest),
    cursor === undefined ? null : storedText(cursor.epoch),
    cursor?.seq ?? null,
    changedFrom ?? null,
  ]
}

const statuses: readonly SessionRecord['status'][] = ['idle', 'running', 'done', 'error']

/** `undefined` where the row is no session: then it is damaged. */
export function readSummary(row: Row): SessionSummary | undefined {
  const sessionId = readText(row['session_id'])
  const projectId = readText(row['project_id'])
  const provider = readText(row['provider'])
  const model = readText(row['model'])
  const status = oneOf(statuses, row['status'])
  const costUsd = row['cost_usd']
  const inputTokens = row['input_tokens']
  const outputTokens = row['output_tokens']
  const createdAt = row['created_at']
  const updatedAt = row['updated_at']
  const lastSeqId = row['last_seq_id']
  if (sessionId === undefined || projectId === undefined || provider === undefined || model === undefined || status === undefined) return undefined
  if (!isNumber(costUsd) || !isNumber(inputTokens) || !isNumber(outputTokens)) return undefined
  if (!isNumber(createdAt) || !isNumber(updatedAt) || !isNumber(lastSeqId)) return undefined
  const endReason = readText(row['end_reason'])
  const title = readText(row['title'])
  const error = readText(row['error'])
  return {
    sessionId, projectId, provider, status, model, costUsd, inputTokens, outputTokens, createdAt, updatedAt, lastSeqId,
    ...(endReason !== undefined && { endReason }),
    ...(title !== undefined && { title }),
    ...(error !== undefined && { error }),
    ...(row['pinned'] === 1 && { pinned: true }),
  }
}

/** A session, and what of it could not be read: then `damaged` says why, and the rest is as empty as a new session's. */
export function readSession(row: Row): { readonly record: SessionRecord; readonly damaged?: unknown } | undefined {
  const summary = readSummary(row)
  if (summary === undefined) return undefined
  try {
    const rest = parseJson(String(row['rest']))
    if (!isRest(rest)) throw new Error('its JSON does not hold the fields of a session')
    return { record: { ...summary, ...rest } }
  } catch (damaged) {
    return { record: { ...summary, ...emptyRest }, damaged }
  }
}

const noUsage = { costUsd: 0, inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 }

const emptyRest: Rest = {
  cachedInputTokens: 0,
  usageBeforeRun: noUsage,
  modes: [],
  models: [],
  commands: [],
  plan: [],
  permissions: [],
  queue: [],
  options: {},
  turns: 0,
}

/** Whether each field that a session always has is there and of its kind. */
function isRest(value: unknown): value is Rest {
  return isRow(value) && Object.entries(emptyRest).every(([field, empty]) => kindOf(value[field]) === kindOf(empty))
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value)

export function readCursor(row: Row): Cursor | undefined {
  const epoch = readText(row['cursor_epoch'])
  const seq = row['cursor_seq']
  return epoch === undefined || !isNumber(seq) ? undefined : { epoch, seq }
}
