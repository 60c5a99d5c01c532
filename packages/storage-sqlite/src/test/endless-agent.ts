// An agent that says the same at each run: which messages there are after its nth event is known without any store.

const eventsOfMessage = 8
const retractsEach = 13

/** The nth event of a run, from 1 on: messages in pieces, long ones among them, of which some are taken back later. */
export function agentEvent(sessionId: string, run: string, n: number): Record<string, unknown> {
  const message = Math.floor((n - 1) / eventsOfMessage)
  const piece = (n - 1) % eventsOfMessage
  const common = { sessionId, run, cursor: { epoch: run, seq: n } }
  if (piece < eventsOfMessage - 1) return { type: 'delta', ...common, id: idOf(run, message), kind: 'text', text: textOf(message, n) }
  if (message % retractsEach === retractsEach - 1) return { type: 'retract', ...common, ids: [idOf(run, message - 3)] }
  return { type: 'message-end', ...common, id: idOf(run, message) }
}

/** What is shown after the nth event: id → text. */
export function shownAfter(run: string, n: number): Map<string, string> {
  const shown = new Map<string, string>()
  for (let at = 1; at <= n; at += 1) {
    const event = agentEvent('', run, at)
    const { id, text, ids } = event
    if (typeof id === 'string' && typeof text === 'string') shown.set(id, `${shown.get(id) ?? ''}${text}`)
    if (Array.isArray(ids)) shown.delete(String(ids[0]))
  }
  return shown
}

const idOf = (run: string, message: number): string => `${run}/${message}`

/** Longer than a page of the database in some messages. */
const textOf = (message: number, n: number): string => (message % 10 === 9 ? `${n} `.padEnd(2_000, 'long ') : `${n} `)
