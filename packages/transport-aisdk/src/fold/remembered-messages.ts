import type { SessionMessage } from '@agent-session/core'
import { fieldsOf } from '@agent-session/core/transport'
import type { AnswerBefore } from './answer-message.ts'
import { isToolPart, type UiMessage, type UiMessagePart, type UiToolPart } from './ui-message.ts'

/** Signs of the transport for what has no words: no model said them. */
const isSign = ({ id }: SessionMessage): boolean => /\/(?:file|source)-\d+$/.test(id)

/**
 * A saved conversation as a back end is told it, so that a restored session goes on where it was. What was thought has
 * lost what the model's provider signed it with, so that it is left out, as what a sub-agent said and notes of the
 * system are. A call without a result says so.
 */
export function rememberedMessages(messages: readonly SessionMessage[]): UiMessage[] {
  const results = resultsOf(messages)
  const remembered: UiMessage[] = []
  let parts: UiMessagePart[] = []
  const answer = (): void => {
    const [first] = remembered.slice(-1)
    if (parts.length > 0) remembered.push({ id: `${first?.id ?? 'begin'}-answer`, role: 'assistant', parts })
    parts = []
  }
  for (const message of messages) {
    const { id, role, content, parentId, delivery } = message
    if (parentId !== undefined || isSign(message)) continue
    if (role === 'user') {
      // What was never sent the model never heard.
      if (delivery === 'failed' || delivery === 'queued') continue
      answer()
      remembered.push({ id, role: 'user', parts: [{ type: 'text', text: content }] })
    } else if (role === 'assistant') {
      const last = parts.at(-1)
      // What was said after a tool's output was said by a model that had it: in another step.
      if (last && isToolPart(last)) parts.push({ type: 'step-start' })
      parts.push({ type: 'text', text: content, state: 'done' })
    } else if (role === 'tool-call') {
      const part = toolPart(message, results)
      // Providers take few characters, and an id that came from elsewhere may have any.
      parts.push({ ...part, toolCallId: part.toolCallId.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(-64) })
    }
  }
  answer()
  return remembered
}

/** What the requests of a run gave before that one, in the form that the run goes on with. */
export function rememberedAnswer(messages: readonly SessionMessage[], run: string, request: number): AnswerBefore[] {
  const results = resultsOf(messages)
  return messages.flatMap((message): AnswerBefore[] => {
    const place = placeOf(message, run)
    if (place === undefined || place.request >= request || message.parentId !== undefined || isSign(message)) return []
    if (message.role === 'assistant') return [{ request: place.request, part: { type: 'text', text: message.content, state: 'done' } }]
    return message.role === 'tool-call' ? [{ request: place.request, part: toolPart(message, results) }] : []
  })
}

/** Which request of the run a message came with, and what its id is there; `undefined` where it is of another run. */
function placeOf({ id }: SessionMessage, run: string): { readonly request: number; readonly rest: string } | undefined {
  if (!id.startsWith(`${run}/`)) return undefined
  const [, request, rest] = /^(\d+)\/(.+)$/s.exec(id.slice(run.length + 1)) ?? []
  return request === undefined || rest === undefined ? undefined : { request: Number(request), rest }
}

const resultsOf = (messages: readonly SessionMessage[]): ReadonlyMap<string, SessionMessage> =>
  new Map(messages.flatMap((message) => (message.role === 'tool-result' && message.toolCallId !== undefined && message.streaming !== true ? [[message.toolCallId, message]] : [])))

function toolPart(message: SessionMessage, results: ReadonlyMap<string, SessionMessage>): UiToolPart {
  const { id, run, toolName = 'tool', toolInput, toolCallId = id } = message
  const result = results.get(toolCallId)
  const rest = run === undefined ? toolCallId : (placeOf({ ...message, id: toolCallId }, run)?.rest ?? toolCallId)
  const call = { type: `tool-${toolName}` as const, toolCallId: rest, input: fieldsOf(parsed(toolInput)) ?? {} }
  if (result === undefined) return { ...call, state: 'output-error', errorText: 'It was stopped before it gave anything.' }
  if (result.isError) return { ...call, state: 'output-error', errorText: result.content }
  const output = parsed(result.content)
  // Text that reads as an object was one, most likely: that is how the store shows it.
  return { ...call, state: 'output-available', output: typeof output === 'object' && output !== null ? output : result.content }
}

function parsed(json: string | undefined): unknown {
  if (json === undefined) return undefined
  try {
    return JSON.parse(json, (key, value: unknown) => (key === '__proto__' || key === 'constructor' || key === 'prototype' ? undefined : value))
  } catch {
    // Cut to fit a storage, or no JSON at all: the caller has its words.
    return undefined
  }
}
