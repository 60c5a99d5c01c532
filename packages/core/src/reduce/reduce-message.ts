import type { RawMessage } from '../ports/agent-event.ts'
import type { SessionMessage } from '../session/session-message.ts'
import { field, textField } from '../raw-content.ts'
import { clipOutput, outputText, toolCallText, toolPath } from './tool-text.ts'
import type { ReduceContext, Standing } from './reduce-context.ts'
import type { SessionDraft } from './session-draft.ts'

/** What the raw message itself says: fields are put in one by one, since a spread for each costs more than all the rest. */
type Shown = Mutable<Omit<SessionMessage, 'id' | 'seqId' | 'timestamp' | 'run' | 'parentId'>>
type Mutable<Fields> = { -readonly [Field in keyof Fields]: Fields[Field] }

/** One whole message: new, an update of one that is there, or nothing to show. */
export function reduceMessage(
  draft: SessionDraft,
  raw: RawMessage,
  run: string | undefined,
  where: Standing,
  context: ReduceContext,
): void {
  const known = draft.message(raw.id)
  const call = raw.type === 'tool_result' ? calledBy(draft, raw) : undefined
  const shown = showMessage(draft, raw, known, call, context)
  if (shown === undefined) return
  if (known !== undefined) return update(draft, known, shown, raw, call)
  if (draft.isGone(raw.id) || (raw.type === 'user' && isEcho(draft, raw))) return
  if (where === 'stale' && call === undefined) return
  // What no event will ever end is not shown as going on.
  if (where !== 'current' && shown.toolState === 'running') shown.toolState = 'cancelled'
  draft.append(placed(shown, raw, run))
  settleCall(draft, shown, call)
  draft.update({ updatedAt: context.now })
  if (where === 'current') noteSession(draft, raw)
}

function placed(shown: Shown, { id, timestamp, parentId }: RawMessage, run: string | undefined): Omit<SessionMessage, 'seqId'> {
  if (parentId === undefined) return run === undefined ? { ...shown, id, timestamp } : { ...shown, id, timestamp, run }
  return { ...shown, id, timestamp, parentId, ...(run !== undefined && { run }) }
}

/** B12: what a raw message shows; `undefined` where it shows nothing. */
function showMessage(
  draft: SessionDraft,
  raw: RawMessage,
  known: SessionMessage | undefined,
  call: SessionMessage | undefined,
  context: ReduceContext,
): Shown | undefined {
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
      const toolState = known?.toolState ?? earlyState(draft, toolCallId)
      const shown: Shown = { role: 'tool-call', toolName, toolState, ...toolCallText(toolName, input) }
      if (path !== undefined) shown.toolPath = path
      if (toolCallId !== undefined) shown.toolCallId = toolCallId
      return shown
    }
    case 'tool_result': {
      const toolCallId = textField(content, 'toolCallId')
      const shown: Shown = { role: 'tool-result', ...clipOutput(outputText(field(content, 'output')), context.limits) }
      if (toolCallId !== undefined) shown.toolCallId = toolCallId
      if (call?.toolName !== undefined) shown.toolName = call.toolName
      if (field(content, 'isError') === true) shown.isError = true
      return shown
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
function update(draft: SessionDraft, known: SessionMessage, shown: Shown, raw: RawMessage, call: SessionMessage | undefined): void {
  if (known.role !== shown.role || shown.role === 'system' || shown.role === 'user') {
    if (known.role !== shown.role || known.content !== shown.content) {
      draft.report('message-conflict', `A second message came under the id of another and was not taken: ${raw.id}.`, raw)
    }
    return
  }
  const { streaming: _streaming, cut: _cut, truncated: _truncated, isError: _isError, ...kept } = known
  const next: SessionMessage = { ...kept, ...shown, ...(known.streaming && known.role === 'tool-result' && { timestamp: raw.timestamp }) }
  if (!sameFields(known, next)) draft.replace(next)
  settleCall(draft, shown, call)
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

/** The call that a result is of; `undefined` where it is not known. */
function calledBy(draft: SessionDraft, { content }: RawMessage): SessionMessage | undefined {
  const toolCallId = textField(content, 'toolCallId')
  return toolCallId === undefined ? undefined : draft.toolCall(toolCallId)
}

/** The result may have come before its call. */
function earlyState(draft: SessionDraft, toolCallId: string | undefined): NonNullable<SessionMessage['toolState']> {
  const result = toolCallId === undefined ? undefined : draft.recentResult(toolCallId)
  return result === undefined ? 'running' : result.isError ? 'failed' : 'done'
}

/** A result tells how its call went. */
export function settleCall(draft: SessionDraft, shown: Shown, call: SessionMessage | undefined): void {
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
