import type { Cursor, SessionRecord, Usage } from '@agent-session/core'
import { isFields } from '@agent-session/core/transport'
import { isAmount, isCount, isText } from '../kinds-of-value.ts'

type Check = (value: unknown) => boolean
/** One check for each field of a type: a field that is added there must be given its own. */
type ShapeOf<Fields> = { readonly [Field in keyof Required<Fields>]: Check }

const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const oneOf =
  (...words: readonly unknown[]): Check =>
  (value) =>
    words.includes(value)
const fits = (value: unknown, shape: Readonly<Record<string, Check>>): boolean =>
  isFields(value) && Object.entries(shape).every(([name, check]) => check(Object.hasOwn(value, name) ? value[name] : undefined))
const objects: Check = (value) => Array.isArray(value) && value.every(isFields)

const usage: ShapeOf<Usage> = { costUsd: isAmount, inputTokens: isAmount, outputTokens: isAmount, cachedInputTokens: isAmount }

const cursor: ShapeOf<Cursor> = { epoch: isText, seq: isCount }

const record: ShapeOf<SessionRecord> = {
  ...usage,
  sessionId: isText,
  projectId: isText,
  provider: isText,
  status: oneOf('idle', 'running', 'done', 'error'),
  usageBeforeRun: (value) => fits(value, usage),
  contextUsed: optional(isAmount),
  contextSize: optional(isAmount),
  model: isText,
  error: optional(isText),
  endReason: optional(isText),
  title: optional(isText),
  renamed: optional(oneOf(true)),
  agentSessionId: optional(isText),
  mode: optional(isText),
  modes: objects,
  models: objects,
  commands: objects,
  plan: objects,
  permissions: objects,
  continuity: optional(oneOf('gapped', 'restarted')),
  queue: objects,
  run: optional(isText),
  options: isFields,
  pinned: optional(oneOf(true)),
  budget: optional(isFields),
  limits: optional(isFields),
  turns: isCount,
  createdAt: isAmount,
  updatedAt: isAmount,
  lastSeqId: isCount,
  forkedFrom: optional(isText),
  open: optional((value) => Array.isArray(value) && value.every(isCount)),
  asked: optional((value) => value === null || fits(value, cursor)),
}

/** Whether this is a record, with all that a store relies on. */
export const isRecord = (value: unknown): value is SessionRecord => fits(value, record)
