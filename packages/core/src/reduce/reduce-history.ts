import type { HistoryEvent, RawMessage } from '../ports/agent-event.ts'
import type { SessionMessage } from '../session/session-message.ts'
import { reduceMessage } from './reduce-message.ts'
import { textField } from '../raw-content.ts'
import type { ReduceContext } from './reduce-context.ts'
import type { SessionDraft } from './session-draft.ts'

/** How many messages back two histories are compared before they count as aligned. */
const overlap = 4

/**
 * A replay beside what is there: what both have stays, what only the replay has at its end is new. Older messages may
 * not be resident, so the two are aligned from their ends, by id, else by position and text.
 */
export function reduceHistory(draft: SessionDraft, event: HistoryEvent, context: ReduceContext): void {
  const { log } = draft
  const raws = event.messages
  let anchor = log.length - 1
  // Lines of ours that no agent remembers.
  while (anchor >= 0 && log.at(anchor)?.role === 'system') anchor -= 1
  const last = log.at(anchor)
  const known = last === undefined ? -1 : findAnchor(draft, raws, anchor)
  if (last !== undefined && known === -1 && raws.length > 0) draft.update({ continuity: 'gapped' })
  const resumed = raws[known]
  if (last !== undefined && resumed !== undefined && isOpenPrefix(last, resumed)) {
    const text = rawText(resumed) ?? ''
    const { streaming: _streaming, cut: _cut, ...rest } = last
    draft.replace({ ...rest, content: text })
  }
  for (const raw of raws.slice(known + 1)) reduceMessage(draft, raw, undefined, 'tail', context)
}

function findAnchor(draft: SessionDraft, raws: readonly RawMessage[], anchor: number): number {
  for (let at = raws.length - 1; at >= 0; at -= 1) {
    let matched = 0
    while (matched < overlap && same(draft.log.at(anchor - matched), raws[at - matched])) matched += 1
    const exhausted = at - matched < 0 || anchor - matched < 0
    if (matched === overlap || (matched > 0 && exhausted)) return at
  }
  return -1
}

function same(message: SessionMessage | undefined, raw: RawMessage | undefined): boolean {
  if (message === undefined || raw === undefined) return false
  if (message.id === raw.id) return true
  if (message.role !== roleOf(raw)) return false
  if (message.toolCallId !== undefined) return message.toolCallId === textField(raw.content, 'toolCallId')
  return message.content === rawText(raw) || isOpenPrefix(message, raw)
}

/** F21: the end of our transcript may be the beginning of a message that went on without us. */
const isOpenPrefix = (message: SessionMessage, raw: RawMessage): boolean =>
  (message.streaming === true || message.cut === true) && (rawText(raw)?.startsWith(message.content) ?? false)

function roleOf(raw: RawMessage): SessionMessage['role'] | undefined {
  switch (raw.type) {
    case 'text':
      return 'assistant'
    case 'thinking':
      return 'thinking'
    case 'user':
      return 'user'
    case 'tool_call':
      return 'tool-call'
    case 'tool_result':
      return 'tool-result'
    default:
      return undefined
  }
}

const rawText = (raw: RawMessage): string | undefined => textField(raw.content, 'text')
