import type { RawMessage } from '../ports/agent-event.ts'
import type { SessionMessage } from '../session/session-message.ts'
import { field, textField } from '../raw-content.ts'
import { clipOutput, outputText, toolCallText, toolPath } from './tool-text.ts'
import type { ReduceContext, Standing } from './reduce-context.ts'
import type { SessionDraft } from './session-draft.ts'

type Shown = Omit<SessionMessage, 'id' | 'seqId' | 'timestamp' | 'run' | 'parentId'>

/** One whole message: new, an update of one that is there, or nothing to show. */
export function reduceMessage(
  draft: SessionDraft,
  raw: RawMessage,
  run: string | undefined,
  where: Standing,
  context: ReduceContext,
): void {
  const known = draft.message(raw.id)
  const shown = showMessage(draft, raw, context)
  if (shown === undefined) return
  if (known !== undefined) return update(draft, known, shown, raw)
  if (draft.knows(raw.id) || (raw.type === 'user' && isEcho(draft, raw))) return
  if (where === 'stale' && !(shown.role === 'tool-result' && knownCall(draft, shown) !== undefined)) return
  draft.append({
    ...shown,
    // What no event will ever end is not shown as going on.
    ...(where !== 'current' && shown.toolState === 'running' && { toolState: 'cancelled' as const }),
    id: raw.id,
    timestamp: raw.timestamp,
    ...(raw.parentId !== undefined && { parentId: raw.parentId }),
    ...(run !== undefined && { run }),
  })
  settleCall(draft, shown)
  draft.update({ updatedAt: context.now })
  if (where === 'current') noteSession(draft, raw)
}

/** B12: what a raw message shows; `undefined` where it shows nothing. */
function showMessage(draft: SessionDraft, raw: RawMessage, context: ReduceContext): Shown | undefined {
  const { content } = raw
  switch (raw.type) {
    case 'text':
      return { role: 'assistant', content: textField(content, 'text') ?? '' }
    case 'thinking':
      return { role: 'thinking', content: textField(content, 'text') ?? '' }
    case 'user':
      return { role: 'user', content: textField(content, 'text') ?? '', delivery: 'sent' }
    case 'tool_call': {
      const toolName = textField(content, 'name') || 'Tool'
      const input = field(content, 'input')
      const path = toolPath(toolName, input)
      const toolCallId = textField(content, 'toolCallId')
      return {
        role: 'tool-call',
        toolName,
        toolState: draft.message(raw.id)?.toolState ?? earlyState(draft, toolCallId),
        ...toolCallText(toolName, input),
        ...(path !== undefined && { toolPath: path }),
        ...(toolCallId !== undefined && { toolCallId }),
      }
    }
    case 'tool_result': {
      const toolCallId = textField(content, 'toolCallId')
      const call = toolCallId === undefined ? undefined : draft.toolCall(toolCallId)
      return {
        role: 'tool-result',
        ...clipOutput(outputText(field(content, 'output')), context.limits),
        ...(toolCallId !== undefined && { toolCallId }),
        ...(call?.toolName !== undefined && { toolName: call.toolName }),
        ...(field(content, 'isError') === true && { isError: true as const }),
      }
    }
    case 'init': {
      const model = textField(content, 'model')
      return { role: 'system', content: model ? `Session initialized (${model})` : 'Session initialized' }
    }
    case 'error':
      return { role: 'system', content: `Error: ${textField(content, 'message') || 'Unknown error'}`, isError: true }
    case 'cost':
    case 'status':
    case 'compaction':
      return undefined
    case 'unknown':
      draft.report('unknown-message', 'The agent sent a message of a kind that is not known; it is not shown.', raw)
      return undefined
  }
}

/** F20: an update where the kind allows it; else the first one stays. */
function update(draft: SessionDraft, known: SessionMessage, shown: Shown, raw: RawMessage): void {
  if (known.role !== shown.role || shown.role === 'system' || shown.role === 'user') {
    if (known.role !== shown.role || known.content !== shown.content) {
      draft.report('message-conflict', `A second message came under the id of another and was not taken: ${raw.id}.`, raw)
    }
    return
  }
  const { streaming: _streaming, cut: _cut, truncated: _truncated, isError: _isError, ...kept } = known
  const next: SessionMessage = { ...kept, ...shown }
  if (!sameFields(known, next)) draft.replace(next)
  settleCall(draft, shown)
}

/** Told again word for word, a message keeps its identity: promises 2 and 10. */
function sameFields(known: SessionMessage, next: SessionMessage): boolean {
  const fields = Object.keys(known)
  return (
    fields.length === Object.keys(next).length &&
    fields.every((field) => {
      const [before, after]: unknown[] = [Reflect.get(known, field), Reflect.get(next, field)]
      return before === after || (field === 'truncated' && JSON.stringify(before) === JSON.stringify(after))
    })
  )
}

const knownCall = (draft: SessionDraft, shown: Shown): SessionMessage | undefined =>
  shown.toolCallId === undefined ? undefined : draft.toolCall(shown.toolCallId)

/** The result may have come before its call. */
function earlyState(draft: SessionDraft, toolCallId: string | undefined): NonNullable<SessionMessage['toolState']> {
  const result = toolCallId === undefined ? undefined : draft.recentResult(toolCallId)
  return result === undefined ? 'running' : result.isError ? 'failed' : 'done'
}

/** A result tells how its call went. */
export function settleCall(draft: SessionDraft, shown: Shown): void {
  if (shown.role !== 'tool-result') return
  const call = knownCall(draft, shown)
  const toolState = shown.isError ? 'failed' : 'done'
  if (call && call.toolState !== toolState) draft.replace({ ...call, toolState })
}

/** Our own prompt, told back by the agent, is there already. */
function isEcho(draft: SessionDraft, raw: RawMessage): boolean {
  const messageId = textField(raw.content, 'messageId')
  return messageId !== undefined && draft.knows(messageId)
}

/** T13, T19: the event's own session learns its model, its agent's id and its error. */
function noteSession(draft: SessionDraft, raw: RawMessage): void {
  if (raw.type === 'error') draft.update({ error: textField(raw.content, 'message') || 'Unknown error' })
  if (raw.type !== 'init') return
  const model = textField(raw.content, 'model')
  const agentSessionId = textField(raw.content, 'sessionId')
  draft.update({ ...(model && { model }), ...(agentSessionId && { agentSessionId }) })
}
