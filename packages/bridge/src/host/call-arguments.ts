import {
  AgentSessionError,
  isPrompt,
  isSessionId,
  type Budget,
  type ForeignQuery,
  type ImportedSession,
  type MessageRange,
  type Page,
  type PermissionReply,
  type Prompt,
  type PurgeOptions,
  type RetentionPolicy,
  type SessionConfiguration,
  type StartRequest,
} from '@agent-session/core'
import { isPlainObject, plainCopy } from '../plain-data.ts'
import { messagesPerCall } from '../protocol/host-functions.ts'
import { amount, anything, fits, flag, listOf, oneOf, optional, text, type Shape, type ShapeOf } from '../shape.ts'
import { isImportedSession } from './imported-session.ts'

const budgetShape: ShapeOf<Budget> = {
  costUsd: optional(amount),
  tokens: optional(amount),
  turns: optional(amount),
  warnAt: optional(amount),
}
const isBudget = (value: unknown): value is Budget => fits(value, budgetShape)

// Which limits there are, and what may be set, is the store's to say: it answers with `invalid-limit`.
const isNumbers = (value: unknown): boolean => isPlainObject(value) && Object.values(value).every((limit) => typeof limit === 'number')

// Typed by the core's own fields: one that is added there must be given its check here.
const startShape: ShapeOf<StartRequest> = {
  budget: optional(isBudget),
  limits: optional(isNumbers),
  provider: text,
  prompt: isPrompt,
  ifRunning: oneOf(undefined, 'refuse', 'stop', 'background'),
  cwd: optional(text),
  model: optional(text),
  systemPrompt: optional(text),
  maxTurns: optional(amount),
  permissionMode: optional(text),
  claudeConfigDir: optional(text),
  extraEnv: optional((value) => isPlainObject(value) && Object.values(value).every(text)),
  additionalDirectories: optional(listOf(text)),
  worktreeName: optional(text),
  agentSessionId: optional(text),
  mcpServers: optional(listOf(text)),
}
const isStartRequest = (value: unknown): value is StartRequest => fits(value, startShape)

const replyShape: ShapeOf<PermissionReply> = {
  optionId: optional(text),
  input: anything,
  text: optional(text),
}
const isReply = (value: unknown): value is PermissionReply => fits(value, replyShape)

const configurationShape: ShapeOf<SessionConfiguration> = {
  mode: optional(text),
  model: optional(text),
  settings: optional((value) => isPlainObject(value) && Object.values(value).every((one) => text(one) || typeof one === 'boolean')),
}
const isConfiguration = (value: unknown): value is SessionConfiguration => fits(value, configurationShape)

const retentionShape: ShapeOf<RetentionPolicy> = { count: optional(amount), days: optional(amount) }
const isRetention = (value: unknown): value is Partial<RetentionPolicy> => fits(value, retentionShape)

const purgeShape: ShapeOf<PurgeOptions> = { forget: optional(flag) }
const isPurge = (value: unknown): value is PurgeOptions => fits(value, purgeShape)

const foreignShape: ShapeOf<ForeignQuery> = { provider: optional(text), cwd: optional(text) }
const isForeignQuery = (value: unknown): value is ForeignQuery => fits(value, foreignShape)

const pageShape: ShapeOf<Page> = { limit: optional(amount), offset: optional(amount) }
const isPage = (value: unknown): value is Page => fits(value, pageShape)

const rangeShape: ShapeOf<MessageRange> = {
  after: optional(amount),
  before: optional(amount),
  limit: optional(amount),
}
const isRange = (value: unknown): value is MessageRange => fits(value, rangeShape)

const maxProjectIdLength = 4_096

/** What came with a call: unknown data, read one by one. What does not fit throws `invalid-argument`. */
export class CallArguments {
  readonly #values: readonly unknown[]

  constructor(values: readonly unknown[]) {
    this.#values = values
  }

  projectId(index: number): string {
    const value = this.#values[index]
    return typeof value === 'string' && value.length <= maxProjectIdLength ? value : this.#refuse(index, 'a project id')
  }

  sessionId(index: number): string {
    const value = this.#values[index]
    return isSessionId(value) ? value : this.#refuse(index, 'a session id')
  }

  text(index: number): string {
    const value = this.#values[index]
    return typeof value === 'string' ? value : this.#refuse(index, 'text')
  }

  optionalProjectId(index: number): string | undefined {
    return this.#values[index] === null || this.#values[index] === undefined ? undefined : this.projectId(index)
  }

  prompt(index: number): Prompt {
    const value = this.#plain(index)
    return isPrompt(value) ? value : this.#refuse(index, 'a prompt')
  }

  startRequest(index: number): StartRequest {
    const value = this.#known(index, startShape)
    return isStartRequest(value) ? value : this.#refuse(index, 'a start')
  }

  reply(index: number): PermissionReply {
    const value = this.#known(index, replyShape)
    return isReply(value) ? value : this.#refuse(index, 'an answer to a question')
  }

  importedSession(index: number): ImportedSession {
    const value = this.#plain(index)
    return isImportedSession(value) ? value : this.#refuse(index, 'a whole session')
  }

  flag(index: number): boolean {
    const value = this.#values[index]
    return typeof value === 'boolean' ? value : this.#refuse(index, 'true or false')
  }

  configuration(index: number): SessionConfiguration {
    const value = this.#known(index, configurationShape)
    return isConfiguration(value) ? value : this.#refuse(index, 'a mode, a model or settings')
  }

  optionalBudget(index: number): Budget | undefined {
    if (this.#values[index] === null || this.#values[index] === undefined) return undefined
    const value = this.#known(index, budgetShape)
    return isBudget(value) ? value : this.#refuse(index, 'a budget')
  }

  retention(index: number): Partial<RetentionPolicy> {
    const value = this.#known(index, retentionShape)
    return isRetention(value) ? value : this.#refuse(index, 'a retention')
  }

  /** Absent from a window of before it could be given. */
  optionalRetention(index: number): Partial<RetentionPolicy> {
    return this.#values[index] === undefined ? {} : this.retention(index)
  }

  /** Absent from a window of before there were any. */
  purgeOptions(index: number): PurgeOptions {
    if (this.#values[index] === undefined) return {}
    const value = this.#known(index, purgeShape)
    return isPurge(value) ? value : this.#refuse(index, 'how to purge')
  }

  foreignQuery(index: number): ForeignQuery {
    const value = this.#known(index, foreignShape)
    return isForeignQuery(value) ? value : this.#refuse(index, 'an agent and a folder')
  }

  page(index: number): Page {
    const value = this.#known(index, pageShape)
    return isPage(value) ? value : this.#refuse(index, 'a page')
  }

  range(index: number): MessageRange {
    const value = this.#known(index, rangeShape)
    if (!isRange(value)) return this.#refuse(index, 'a range of messages')
    return { ...value, limit: Math.min(value.limit ?? messagesPerCall, messagesPerCall) }
  }

  /** The fields that are known here; others go no further. */
  #known(index: number, shape: Shape): unknown {
    const value = this.#plain(index)
    if (!isPlainObject(value)) return value
    // null is how some lines carry what is absent.
    return Object.fromEntries(Object.entries(value).filter(([name, item]) => Object.hasOwn(shape, name) && item !== null))
  }

  #plain(index: number): unknown {
    try {
      return plainCopy(this.#values[index])
    } catch {
      return this.#refuse(index, 'plain data')
    }
  }

  #refuse(index: number, wanted: string): never {
    throw new AgentSessionError('invalid-argument', `Argument ${index + 1} of the call is not ${wanted}.`)
  }
}
