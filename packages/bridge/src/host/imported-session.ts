import { isPrompt, isSessionId, type ImportedSession, type SessionMessage, type SessionRecord, type Usage } from '@agent-session/core'
import { amount, anything, count, fits, listOf, oneOf, optional, shaped, text, type ShapeOf } from '../shape.ts'

const isTrue = oneOf(true)
const objects = listOf(shaped({}))
const cursor = shaped({ epoch: text, seq: count })

const usage: ShapeOf<Usage> = { costUsd: amount, inputTokens: amount, outputTokens: amount, cachedInputTokens: amount }

const record: ShapeOf<SessionRecord> = {
  ...usage,
  sessionId: isSessionId,
  projectId: text,
  provider: text,
  status: oneOf('idle', 'running', 'done', 'error'),
  usageBeforeRun: shaped(usage),
  contextUsed: optional(amount),
  contextSize: optional(amount),
  model: text,
  error: optional(text),
  endReason: optional(text),
  title: optional(text),
  renamed: optional(isTrue),
  forkedFrom: optional(text),
  agentSessionId: optional(text),
  mode: optional(text),
  modes: objects,
  models: objects,
  commands: objects,
  plan: objects,
  permissions: objects,
  continuity: optional(oneOf('gapped', 'restarted')),
  queue: objects,
  run: optional(text),
  options: shaped({}),
  pinned: optional(isTrue),
  budget: anything,
  limits: anything,
  turns: count,
  createdAt: amount,
  updatedAt: amount,
  lastSeqId: count,
  open: optional(listOf(count)),
  asked: optional((value) => value === null || cursor(value)),
}

const message: ShapeOf<SessionMessage> = {
  id: text,
  seqId: (value) => count(value) && value !== 0,
  role: oneOf('user', 'assistant', 'tool-call', 'tool-result', 'thinking', 'system'),
  content: text,
  prompt: optional((value) => typeof value !== 'string' && isPrompt(value)),
  toolName: optional(text),
  toolInput: optional(text),
  toolPath: optional(text),
  toolCallId: optional(text),
  toolState: optional(oneOf('running', 'done', 'failed', 'cancelled')),
  parentId: optional(text),
  delivery: optional(oneOf('queued', 'sending', 'sent', 'failed')),
  streaming: optional(isTrue),
  cut: optional(isTrue),
  isError: optional(isTrue),
  truncated: optional(shaped({ characters: count, lines: count })),
  run: optional(text),
  timestamp: amount,
}

const imported: ShapeOf<ImportedSession> = { record: shaped(record), messages: listOf(shaped(message)) }

/** A session that a window hands over, with all that a store relies on. */
export const isImportedSession = (value: unknown): value is ImportedSession => fits(value, imported)
