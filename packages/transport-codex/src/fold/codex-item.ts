import type { PlanEntry } from '@agent-session/core'
import { amountField, field, fieldsOf, listField, textField } from '@agent-session/core/transport'
import { changesText, readChanges } from './change-text.ts'
import { contentWords } from './content-words.ts'
import { shownCommand } from './shown-command.ts'

/** What an item of Codex' is to us. */
export type CodexItem =
  /** Something that was said. */
  | { readonly as: 'text' | 'thinking'; readonly text: string }
  /** Our prompt, or what one agent gave another to do. `clientId` is the id that we gave it. */
  | { readonly as: 'user'; readonly text: string; readonly clientId: string | undefined }
  | { readonly as: 'tool'; readonly name: string; readonly input: unknown; readonly result: ItemResult; readonly agents: readonly string[] }
  /** News of a sub-agent that has no call of its own: it began, or it came to an end. */
  | { readonly as: 'agent'; readonly news: 'began' | 'ended' | 'other'; readonly threadId: string; readonly input: unknown; readonly output: string }
  | { readonly as: 'plan'; readonly entries: readonly PlanEntry[] }
  /** Kept by a recorder, shown to nobody. */
  | { readonly as: 'silent'; readonly type: 'status' | 'compaction' }

/** How a tool went, once it has. */
interface ItemResult {
  readonly output: unknown
  readonly isError: boolean
}

type Reader = (item: unknown) => CodexItem

/** By the item's type, as the app-server writes it. `codex exec` writes the same in snake_case. */
const readers: Readonly<Record<string, Reader>> = {
  agentMessage: (item) => ({ as: 'text', text: textField(item, 'text') ?? '' }),
  plan: (item) => ({ as: 'text', text: textField(item, 'text') ?? '' }),
  exitedReviewMode: (item) => ({ as: 'text', text: textField(item, 'review') ?? '' }),
  reasoning: (item) => ({ as: 'thinking', text: reasoningText(item) }),
  userMessage: (item) => ({ as: 'user', text: inputText(listField(item, 'content')), clientId: textField(item, 'clientId') }),
  commandExecution: (item) => {
    const cwd = textField(item, 'cwd')
    const input = { command: shownCommand(textField(item, 'command') ?? ''), ...(cwd !== undefined && { cwd }) }
    const code = amountField(item, 'exitCode') ?? amountField(item, 'exit_code')
    const output = textField(item, 'aggregatedOutput') ?? textField(item, 'aggregated_output') ?? ''
    return tool('command_execution', input, result(item, output === '' && code !== undefined && code !== 0 ? `Exit code ${code}` : output))
  },
  fileChange: (item) => {
    const changes = readChanges(item)
    const [first] = changes
    const input = { ...(first && { file_path: first.path }), changes }
    return tool('file_change', input, result(item, isDone(item) ? changesText(changes) : ''))
  },
  mcpToolCall: (item) => {
    const name = [textField(item, 'server'), textField(item, 'tool')].filter(Boolean).join('.') || 'mcp_tool_call'
    const error = textField(field(item, 'error'), 'message')
    const given = field(item, 'result')
    return tool(name, field(item, 'arguments'), result(item, error ?? contentOutput(given), error !== undefined))
  },
  dynamicToolCall: (item) => {
    const name = [textField(item, 'namespace'), textField(item, 'tool')].filter(Boolean).join('.') || 'dynamic_tool_call'
    const output = contentWords(listField(item, 'contentItems')) ?? listField(item, 'contentItems')
    return tool(name, field(item, 'arguments'), result(item, output, field(item, 'success') === false))
  },
  collabAgentToolCall: (item) => {
    const name = snake(textField(item, 'tool') ?? 'collab_tool_call')
    const prompt = textField(item, 'prompt')
    const input = prompt === undefined ? undefined : { prompt }
    const states = fieldsOf(field(item, 'agentsStates')) ?? fieldsOf(field(item, 'agents_states')) ?? {}
    const agents = [...listField(item, 'receiverThreadIds'), ...listField(item, 'receiver_thread_ids')].filter((id) => typeof id === 'string')
    return tool(name, input, result(item, Object.values(states).map(agentState).join('\n')), agents)
  },
  subAgentActivity: (item) => {
    const kind = textField(item, 'kind') ?? ''
    const model = textField(item, 'model')
    const input = { agent: textField(item, 'agentPath') ?? '', ...(model !== undefined && { model }) }
    const news = kind === 'started' ? 'began' : kind === 'completed' || kind === 'interrupted' ? 'ended' : 'other'
    return { as: 'agent', news, threadId: textField(item, 'agentThreadId') ?? '', input, output: kind }
  },
  webSearch: (item) => tool('web_search', { query: textField(item, 'query') ?? '' }, result(item, searchWords(listField(item, 'results')))),
  imageView: (item) => tool('image_view', { path: textField(item, 'path') ?? '' }, result(item, '')),
  imageGeneration: (item) => {
    const failure = field(item, 'failure')
    const prompt = textField(item, 'revisedPrompt')
    const output = textField(failure, 'message') ?? textField(item, 'savedPath') ?? ''
    return tool('image_generation', prompt === undefined ? undefined : { prompt }, result(item, output, fieldsOf(failure) !== undefined))
  },
  sleep: (item) => tool('sleep', { durationMs: amountField(item, 'durationMs') ?? 0 }, result(item, '')),
  functionCallOutput: (item) => tool(textField(item, 'name') ?? 'function_call', undefined, result(item, contentWords(listField(item, 'output')) ?? field(item, 'output') ?? '')),
  todoList: (item) => ({ as: 'plan', entries: todoEntries(item) }),
  contextCompaction: () => ({ as: 'silent', type: 'compaction' }),
  enteredReviewMode: () => ({ as: 'silent', type: 'status' }),
  hookPrompt: () => ({ as: 'silent', type: 'status' }),
  // Of `codex exec`: a warning. What ends a turn is told by `turn.failed`.
  error: () => ({ as: 'silent', type: 'status' }),
}

const otherNames: Readonly<Record<string, string>> = { collabToolCall: 'collabAgentToolCall' }

/** `undefined` where its kind is not known. */
export function readItem(item: unknown): CodexItem | undefined {
  const type = camel(textField(item, 'type') ?? '')
  const name = Object.hasOwn(otherNames, type) ? (otherNames[type] ?? type) : type
  return Object.hasOwn(readers, name) ? readers[name]?.(item) : undefined
}

/** What a person sent, in words. */
export function inputText(content: readonly unknown[]): string {
  return content
    .flatMap((part): string[] => {
      const text = textField(part, 'text')
      if (text !== undefined) return [text]
      const type = textField(part, 'type')
      return type === undefined ? [] : [`[${type}${textField(part, 'name') === undefined ? '' : `: ${textField(part, 'name')}`}]`]
    })
    .join('\n')
}

const tool = (name: string, input: unknown, result: ItemResult, agents: readonly string[] = []): CodexItem => ({ as: 'tool', name, input, result, agents })

const isDone = (item: unknown): boolean => !['declined', 'failed'].includes(textField(item, 'status') ?? '')

function result(item: unknown, output: unknown, failed = false): ItemResult {
  const status = textField(item, 'status')
  // A person said no: there is no output, and a result without a word would not say why.
  if (status === 'declined') return { output: 'Declined', isError: true }
  const isError = failed || status === 'failed'
  return { output: isError && output === '' ? 'Failed' : output, isError }
}

function reasoningText(item: unknown): string {
  const text = textField(item, 'text')
  if (text !== undefined) return text
  const summary = listField(item, 'summary').filter((part) => typeof part === 'string')
  const content = listField(item, 'content').filter((part) => typeof part === 'string')
  return (summary.length > 0 ? summary : content).join('\n\n')
}

function contentOutput(given: unknown): unknown {
  return contentWords(listField(given, 'content')) ?? field(given, 'structuredContent') ?? field(given, 'structured_content') ?? given ?? ''
}

/** What a search found; each is as its engine tells it. */
function searchWords(results: readonly unknown[]): unknown {
  const found = results.map((one) => [textField(one, 'title'), textField(one, 'url'), textField(one, 'snippet')].filter(Boolean).join('\n'))
  return found.every((words) => words !== '') ? found.join('\n\n') : results
}

function agentState(state: unknown): string {
  const status = textField(state, 'status') ?? 'unknown'
  const message = textField(state, 'message')
  return message === undefined ? status : `${status}: ${message}`
}

function todoEntries(item: unknown): PlanEntry[] {
  return listField(item, 'items').flatMap((entry): PlanEntry[] => {
    const content = textField(entry, 'text')
    return content === undefined ? [] : [{ content, status: field(entry, 'completed') === true ? 'completed' : 'pending' }]
  })
}

const camel = (name: string): string => name.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
