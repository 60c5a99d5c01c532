import { errorText } from '../errors.ts'
import type { AgentEvent, RawMessage } from '../ports/agent-event.ts'
import { isSessionId } from '../session-id.ts'
import { amount, anything, boolean, count, listOf, misfit, oneOf, optional, shaped, string, type Shape } from '../shape.ts'

/** An event that can be relied on, or why it cannot. */
export type Parsed = { readonly ok: true; readonly event: AgentEvent } | { readonly ok: false; readonly reason: string }

const messageTypes = ['text', 'thinking', 'user', 'tool_call', 'tool_result', 'init', 'error', 'cost', 'status', 'compaction', 'unknown']
const message: Shape = {
  id: string,
  type: oneOf(...messageTypes),
  parentId: optional(string),
  content: anything,
  timestamp: (value) => typeof value === 'number' && Number.isFinite(value),
}
const choices = listOf(shaped({ id: string, label: string, description: optional(string) }))

const shapes: Readonly<Record<string, Shape>> = {
  message: { messages: Array.isArray },
  delta: {
    id: string,
    kind: oneOf('text', 'thinking', 'tool_result'),
    text: string,
    offset: optional(count),
    parentId: optional(string),
    toolCallId: optional(string),
  },
  'message-end': { id: string, cut: optional(boolean) },
  history: { messages: Array.isArray, complete: boolean },
  retract: { ids: listOf(string) },
  status: { status: string, error: optional(string), reason: optional(string) },
  cost: {
    costUsd: optional(amount),
    inputTokens: optional(amount),
    outputTokens: optional(amount),
    cachedInputTokens: optional(amount),
    model: optional(string),
    scope: optional(oneOf('session', 'run', 'turn')),
    contextUsed: optional(amount),
    contextSize: optional(amount),
  },
  session: {
    agentSessionId: optional(string),
    model: optional(string),
    title: optional(string),
    mode: optional(string),
    modes: optional(choices),
    models: optional(choices),
    commands: optional(listOf(shaped({ name: string, description: optional(string), hint: optional(string) }))),
    abilities: optional(
      shaped({
        steer: optional(boolean),
        resume: optional(boolean),
        fork: optional(boolean),
        forget: optional(boolean),
        list: optional(boolean),
        images: optional(boolean),
        files: optional(boolean),
      }),
    ),
    login: optional(shaped({ state: oneOf('required', 'done'), methods: choices, account: optional(string) })),
    settings: optional(
      listOf(
        shaped({ id: string, label: string, description: optional(string), value: (value) => string(value) || boolean(value), choices }),
      ),
    ),
    restarted: optional(boolean),
  },
  permission: {
    request: shaped({
      id: string,
      title: string,
      toolCallId: optional(string),
      parentId: optional(string),
      input: anything,
      options: listOf(
        shaped({ id: string, label: string, kind: oneOf('allow_once', 'allow_always', 'reject_once', 'reject_always') }),
      ),
    }),
  },
  'permission-settled': { requestId: string, outcome: oneOf('selected', 'cancelled', 'expired'), optionId: optional(string) },
  plan: {
    entries: listOf(
      shaped({ content: string, status: oneOf('pending', 'in_progress', 'completed'), priority: optional(string) }),
    ),
  },
  connection: { state: oneOf('connected', 'reconnecting', 'disconnected'), error: optional(string) },
}

const scope: Shape = {
  sessionId: isSessionId,
  run: optional(string),
  cursor: optional(shaped({ epoch: string, seq: count })),
}

/**
 * The border: what a transport tells is unknown data until it has passed here. A whole-message event keeps the
 * messages that fit and gives the others back, so that one bad message never takes its batch with it (T25).
 */
export function parseEvent(value: unknown): Parsed & { readonly rejected?: readonly unknown[] } {
  try {
    return parse(value)
  } catch (thrown) {
    // An accessor or a proxy: no data, whatever it says it is.
    return { ok: false, reason: `reading it threw: ${errorText(thrown)}` }
  }
}

function parse(value: unknown): Parsed & { readonly rejected?: readonly unknown[] } {
  const type = kindOf(value)
  const shape = type !== undefined && Object.hasOwn(shapes, type) ? shapes[type] : undefined
  if (type === undefined || shape === undefined) return { ok: false, reason: 'it has no type that is known' }
  const problem = misfit(value, shape) ?? (type === 'connection' ? undefined : misfit(value, scope))
  if (problem !== undefined) return { ok: false, reason: `its "${problem}" is missing or of the wrong kind` }
  // Checked field by field just above; TypeScript cannot follow a table.
  const event = value as AgentEvent
  if (event.type !== 'message' && event.type !== 'history') return { ok: true, event }
  const messages = event.messages.filter(isMessage)
  if (messages.length === event.messages.length) return { ok: true, event }
  return { ok: true, event: { ...event, messages }, rejected: event.messages.filter((raw) => !isMessage(raw)) }
}

const isMessage = (raw: unknown): raw is RawMessage => misfit(raw, message) === undefined

function kindOf(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' ? value.type : undefined
}
