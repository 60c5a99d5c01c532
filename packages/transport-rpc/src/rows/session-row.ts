import type { SessionRecord, SessionStatus } from '@agent-session/core'
import { amountField, field, isFields, textField } from '@agent-session/core/transport'
import { plainCopy } from '../plain-copy.ts'
import type { SessionRow } from '../wire.ts'
import { isRecord } from './record-shape.ts'

/** A session as the wire carries it. `extras`: with all that is known of it beside the wire's own fields. */
export function sessionRow(record: SessionRecord, extras: boolean): SessionRow {
  const { projectId, sessionId, provider, status, costUsd, inputTokens, outputTokens, model, error, createdAt, updatedAt } = record
  return {
    projectId,
    sessionId,
    provider,
    status,
    costUsd,
    inputTokens,
    outputTokens,
    model,
    ...(error !== undefined && { error }),
    createdAt,
    updatedAt,
    ...(extras && { record }),
  }
}

/**
 * A row as a record. Where it carries one of ours that is the one, but for what the wire's own fields say of it; else
 * what the wire does not know is as in a session that has just begun, or as `before` has it. `undefined` where it is no
 * session. `projectId`: the one that it was asked by, where the row does not say.
 */
export function recordOfRow(row: unknown, projectId?: string, before?: SessionRecord): SessionRecord | undefined {
  const given = plainCopy(row)
  const sessionId = textField(given, 'sessionId')
  const project = textField(given, 'projectId') ?? projectId
  if (!isFields(given) || sessionId === undefined || project === undefined) return undefined
  const own = field(given, 'record')
  if (isRecord(own) && own.sessionId === sessionId && own.projectId === project) {
    const { extraEnv: _extraEnv, ...options } = own.options
    return { ...own, options }
  }
  const { error: _error, ...known } = before ?? freshRecord(sessionId, project)
  const error = textField(given, 'error')
  return {
    ...known,
    projectId: project,
    provider: textField(given, 'provider') ?? known.provider,
    status: readStatus(field(given, 'status')),
    costUsd: amountField(given, 'costUsd') ?? known.costUsd,
    inputTokens: amountField(given, 'inputTokens') ?? known.inputTokens,
    outputTokens: amountField(given, 'outputTokens') ?? known.outputTokens,
    model: textField(given, 'model') ?? known.model,
    ...(error !== undefined && error !== '' && { error }),
    createdAt: amountField(given, 'createdAt') ?? known.createdAt,
    updatedAt: amountField(given, 'updatedAt') ?? known.updatedAt,
  }
}

/** B1: a status that is unknown reads `idle`. */
export const readStatus = (status: unknown): SessionStatus => (status === 'running' || status === 'done' || status === 'error' ? status : 'idle')

const noUsage = { costUsd: 0, inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 }

/** A session of which nothing is known but its ids. */
export const freshRecord = (sessionId: string, projectId: string): SessionRecord => ({
  sessionId,
  projectId,
  provider: '',
  status: 'idle',
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
  turns: 0,
  createdAt: 0,
  updatedAt: 0,
  lastSeqId: 0,
})
