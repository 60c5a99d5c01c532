import { checkBudget } from '../budget/budget.ts'
import { AgentSessionError } from '../errors.ts'
import { checkLimits } from '../limits.ts'
import { isPrototypeKey } from '../plain-data.ts'
import { field } from '../raw-content.ts'
import { isSessionId } from '../session-id.ts'
import { isPrompt } from '../session/prompt.ts'
import { amount, count, listOf, misfit, oneOf, optional, shaped, string, type Check, type Shape } from '../shape.ts'
import type { SessionMessage } from '../session/session-message.ts'
import type { SessionRecord } from '../session/session-record.ts'
import { sessionFileFormat, sessionFileVersion } from './session-file.ts'

/** A line that was not taken. */
export interface FileProblem {
  /** From 1; past the last line where the file was cut off. */
  readonly line: number
  readonly reason: string
}

/** What a file holds. */
export interface SessionFile {
  readonly record: SessionRecord
  readonly messages: readonly SessionMessage[]
  /** What was damaged; empty when the file is whole. */
  readonly problems: readonly FileProblem[]
}

const messageShape: Shape = {
  id: string,
  seqId: (value) => count(value) && Number(value) > 0,
  role: oneOf('user', 'assistant', 'tool-call', 'tool-result', 'thinking', 'system'),
  content: string,
  prompt: optional((value) => typeof value !== 'string' && isPrompt(value)),
  // As the provider said, which is not to be trusted.
  timestamp: (value) => typeof value === 'number' && Number.isFinite(value),
  toolName: optional(string),
  toolInput: optional(string),
  toolPath: optional(string),
  toolCallId: optional(string),
  toolState: optional(oneOf('running', 'done', 'failed', 'cancelled')),
  parentId: optional(string),
  delivery: optional(oneOf('queued', 'sending', 'sent', 'failed')),
  streaming: optional((value) => value === true),
  cut: optional((value) => value === true),
  isError: optional((value) => value === true),
  truncated: optional(shaped({ characters: count, lines: count })),
  run: optional(string),
}

const usage: Shape = { costUsd: amount, inputTokens: amount, outputTokens: amount, cachedInputTokens: amount }
const choices = listOf(shaped({ id: string, label: string, description: optional(string) }))

/** Whether a check lets a value pass. */
const passes =
  (check: (value: unknown) => void): Check =>
  (value) => {
    try {
      check(value)
      return true
    } catch {
      // Which field it was is told; why not is in the check's own words, and is no part of a file's report.
      return false
    }
  }

const recordShape: Shape = {
  ...usage,
  sessionId: isSessionId,
  projectId: string,
  provider: string,
  status: oneOf('idle', 'running', 'done', 'error'),
  usageBeforeRun: shaped(usage),
  model: string,
  modes: choices,
  models: choices,
  commands: listOf(shaped({ name: string, description: optional(string), hint: optional(string) })),
  plan: listOf(shaped({ content: string, status: oneOf('pending', 'in_progress', 'completed'), priority: optional(string) })),
  permissions: listOf(
    shaped({
      id: string,
      title: string,
      state: oneOf('pending', 'answering', 'selected', 'cancelled', 'expired'),
      options: listOf(shaped({ id: string, label: string, kind: oneOf('allow_once', 'allow_always', 'reject_once', 'reject_always') })),
      askedAt: amount,
    }),
  ),
  queue: listOf(shaped({ messageId: string, prompt: isPrompt, queuedAt: amount })),
  options: shaped({}),
  turns: count,
  createdAt: amount,
  updatedAt: amount,
  lastSeqId: count,
  title: optional(string),
  renamed: optional((value) => value === true),
  forkedFrom: optional(string),
  error: optional(string),
  endReason: optional(string),
  agentSessionId: optional(string),
  mode: optional(string),
  run: optional(string),
  continuity: optional(oneOf('gapped', 'restarted')),
  pinned: optional((value) => value === true),
  contextUsed: optional(amount),
  contextSize: optional(amount),
  budget: optional(passes(checkBudget)),
  limits: optional(passes(checkLimits)),
}

/**
 * Reads a session's file: what is whole comes in, what is damaged is named. Throws `invalid-argument` where there is no
 * session to be had: no header, a newer version, no record.
 */
export function readSessionFile(lines: Iterable<string>): SessionFile {
  const problems: FileProblem[] = []
  const messages: SessionMessage[] = []
  const seqIds = new Set<number>()
  const ids = new Set<string>()
  let record: SessionRecord | undefined
  let ended = false
  let number = 0
  for (const line of lines) {
    number += 1
    if (line.trim() === '') continue
    const value = parse(line)
    const problem = (reason: string): unknown => problems.push({ line: number, reason })
    const [session, message] = [field(value, 'session'), field(value, 'message')]
    if (number === 1) checkHeader(value)
    else if (value === undefined) problem('it is no JSON')
    else if (session !== undefined && record === undefined) {
      const wrong = misfit(session, recordShape)
      if (wrong === undefined) record = session as SessionRecord
      else problem(`the session's ${wrong} is missing or of the wrong kind`)
    } else if (isMessage(message)) {
      if (seqIds.has(message.seqId)) problem(`there is a message ${message.seqId} already`)
      else if (ids.has(message.id)) problem(`there is a message ${JSON.stringify(message.id)} already`)
      else messages.push(message)
      seqIds.add(message.seqId)
      ids.add(message.id)
    } else if (message !== undefined) problem(`the message's ${misfit(message, messageShape)} is missing or of the wrong kind`)
    else if (field(value, 'end') !== undefined) {
      ended = true
      const told = field(field(value, 'end'), 'messages')
      if (told !== messages.length) problem(`${String(told)} messages were written, ${messages.length} could be read`)
    } else problem('it is of no kind that is known')
  }
  if (number === 0) checkHeader(undefined)
  if (!ended) problems.push({ line: number + 1, reason: 'the file ends before its last line' })
  if (record === undefined) throw new AgentSessionError('invalid-argument', 'The file holds no session that can be read.', { detail: problems })
  messages.sort((a, b) => a.seqId - b.seqId)
  return { record, messages, problems }
}

const isMessage = (value: unknown): value is SessionMessage => misfit(value, messageShape) === undefined

function parse(line: string): unknown {
  try {
    return JSON.parse(line, (key, value: unknown) => (isPrototypeKey(key) ? undefined : value))
  } catch {
    return undefined
  }
}

function checkHeader(header: unknown): void {
  if (field(header, 'format') !== sessionFileFormat) {
    throw new AgentSessionError('invalid-argument', 'This is no file of a session: its first line is not the header of one.')
  }
  const version = field(header, 'version')
  if (typeof version !== 'number' || version > sessionFileVersion) {
    throw new AgentSessionError('invalid-argument', `This file has version ${String(version)}; this library reads up to ${sessionFileVersion}. Update it.`)
  }
}
