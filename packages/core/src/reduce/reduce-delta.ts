import type { DeltaEvent } from '../ports/agent-event.ts'
import type { MessageRole, SessionMessage } from '../session/session-message.ts'
import { clipStream, countLines } from './tool-text.ts'
import type { ReduceContext, Standing } from './reduce-context.ts'
import type { SessionDraft } from './session-draft.ts'

const roles: Record<DeltaEvent['kind'], MessageRole> = {
  text: 'assistant',
  thinking: 'thinking',
  tool_result: 'tool-result',
}

/** A piece of a message: makes the message, or puts what is new of it at its end. */
export function reduceDelta(
  draft: SessionDraft,
  event: DeltaEvent,
  run: string | undefined,
  where: Standing,
  context: ReduceContext,
): void {
  const message = draft.message(event.id)
  if (message === undefined) {
    if (where !== 'stale' && !draft.isGone(event.id)) begin(draft, event, run, where, context)
    return
  }
  if (message.role !== roles[event.kind]) {
    return draft.report('message-conflict', `A delta came for a message of another kind and was not taken: ${event.id}.`, event)
  }
  // A message that is whole takes no more, but for a late piece that its cut left out.
  if (!message.streaming && !message.cut) {
    if (event.offset === undefined) draft.report('message-conflict', `A delta came for a message that had ended: ${event.id}.`, event)
    return
  }
  const fresh = newText(event, message)
  if (fresh === undefined) {
    return missing(draft, event, `A piece of message ${event.id} is missing before offset ${event.offset}.`)
  }
  if (event.kind === 'tool_result') extendOutput(draft, message, fresh, context)
  else draft.extend(message, fresh)
}

function begin(draft: SessionDraft, event: DeltaEvent, run: string | undefined, where: Standing, context: ReduceContext): void {
  if (event.offset !== undefined && event.offset > 0) {
    return missing(draft, event, `The beginning of message ${event.id} is missing.`)
  }
  const call = event.toolCallId === undefined ? undefined : draft.toolCall(event.toolCallId)
  draft.append({
    id: event.id,
    role: roles[event.kind],
    content: event.text,
    ...(event.kind === 'tool_result' && clipStream(event.text, event.text.length, countLines(event.text), context.limits)),
    // After its run a message never ends by an event: it is marked as what it is.
    ...(where === 'current' ? { streaming: true as const } : { cut: true as const }),
    ...(event.parentId !== undefined && { parentId: event.parentId }),
    ...(event.toolCallId !== undefined && { toolCallId: event.toolCallId }),
    ...(call?.toolName !== undefined && { toolName: call.toolName }),
    ...(run !== undefined && { run }),
    timestamp: context.now,
  })
  draft.update({ updatedAt: context.now })
}

/** Promise 13: what is not whole never shows as whole. */
function missing(draft: SessionDraft, event: DeltaEvent, why: string): void {
  draft.report('sequence-gap', why, event)
  draft.update({ continuity: 'gapped' })
}

/** What of a piece is not there yet; `undefined` when something before it is missing. */
function newText(event: DeltaEvent, message: SessionMessage): string | undefined {
  if (event.offset === undefined) return event.text
  const have = message.truncated?.characters ?? message.content.length
  return event.offset > have ? undefined : event.text.slice(have - event.offset)
}

function extendOutput(draft: SessionDraft, message: SessionMessage, fresh: string, { limits }: ReduceContext): void {
  if (fresh === '') return
  const content = message.content + fresh
  const before = message.truncated
  const characters = (before?.characters ?? message.content.length) + fresh.length
  if (before === undefined && content.length <= limits.toolOutputCharacters * 1.5) return draft.extend(message, fresh)
  const lines = before === undefined ? countLines(content) : before.lines + countLines(fresh) - 1
  draft.replace({ ...message, content, truncated: { characters, lines }, ...clipStream(content, characters, lines, limits) })
}
