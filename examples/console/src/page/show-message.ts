import type { AgentSession } from '@agent-session/core'
import { messageRows } from './conversation/message-rows.ts'

const olderAtOnce = 500
const flashMs = 1_600

/** Brings a message into view, from storage where it is not in memory. Rejects where that fails. */
export async function showMessage(session: AgentSession, seqId: number, signal: AbortSignal): Promise<void> {
  while ((session.messageAt(0)?.seqId ?? 0) > seqId && session.hasOlder) {
    if ((await session.loadOlder(olderAtOnce)) === 0 || signal.aborted) break
  }
  // The conversation shows what came, and goes to its end first where it has just been opened.
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame)
  if (signal.aborted) return
  const wanted = session.messages.find((message) => message.seqId === seqId)?.id
  const rows = messageRows()(session.messageIds, (id) => session.findMessage(id))
  const index = rows.findIndex(({ id, resultId }) => wanted !== undefined && (id === wanted || resultId === wanted))
  const shown = document.querySelectorAll('[role=log] .row')
  const element = shown[index]
  if (!(element instanceof HTMLElement)) return
  element.tabIndex = -1
  element.scrollIntoView({ block: 'center' })
  element.focus({ preventScroll: true })
  element.animate([{ background: 'var(--accent-soft)' }, { background: 'transparent' }], flashMs)
}
