import type { HistoryEvent } from '../ports/agent-event.ts'
import { textField } from '../raw-content.ts'
import type { SessionMessage } from '../session/session-message.ts'
import { alignHistory, isOpenPrefix } from './align-history.ts'
import { reduceMessage } from './reduce-message.ts'
import type { ReduceContext } from './reduce-context.ts'
import type { SessionDraft } from './session-draft.ts'

/** A replay beside what is there: what both have stays, what only the replay has at its end is new. */
export function reduceHistory(draft: SessionDraft, event: HistoryEvent, context: ReduceContext): void {
  const ours = rememberable(draft)
  const fromStart = (draft.log.at(0)?.seqId ?? 1) === 1
  const { pairs, added } = alignHistory(ours, event.messages, fromStart)
  if (ours.length > 0 && pairs.length === 0 && added.length > 0) draft.update({ continuity: 'gapped' })
  for (const { message, raw } of pairs) {
    if (!isOpenPrefix(message, raw)) continue
    const { streaming: _streaming, cut: _cut, ...rest } = message
    draft.replace({ ...rest, content: textField(raw.content, 'text') ?? message.content })
  }
  // What was said before the run goes before what the run has said already: its prompt, which shows at once.
  const news = added.some(({ id }) => !draft.knows(id)) ? newsOf(draft) : []
  draft.retract(news.map(({ id }) => id))
  for (const raw of added) reduceMessage(draft, raw, undefined, 'tail', context)
  for (const { seqId: _before, ...message } of news) draft.append(message)
}

/** Our messages but for the library's own, which no agent remembers, and those of the run under way, which no replay has yet. */
function rememberable(draft: SessionDraft): SessionMessage[] {
  return ours(draft).filter((message) => message.role !== 'system' && !isNews(draft, message))
}

const newsOf = (draft: SessionDraft): SessionMessage[] => ours(draft).filter((message) => isNews(draft, message))

const isNews = ({ state }: SessionDraft, { run }: SessionMessage): boolean => state.live && run !== undefined && run === state.run

function ours({ log }: SessionDraft): SessionMessage[] {
  const messages: SessionMessage[] = []
  for (let index = 0; index < log.length; index += 1) {
    const message = log.at(index)
    if (message !== undefined) messages.push(message)
  }
  return messages
}
