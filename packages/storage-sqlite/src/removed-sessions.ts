import type { Clock } from '@agent-session/core'
import type { WriteStatements } from './connection.ts'
import { messageKey } from './message-row.ts'
import { isNumber, isRow } from './row.ts'
import type { SearchIndex } from './search-index.ts'

/** How many messages are cleared away at once; and how many, and for how long, in one transaction. */
const rowsAtOnce = 100
const rowsAtMost = 20_000
const turnMs = 10

/** Inside a transaction: the session is gone for every reader, and its messages wait to be cleared away. */
export function removeSession({ deleteSession, noteRemoved }: WriteStatements, session: number): void {
  deleteSession.run(session)
  noteRemoved.run(session)
}

/**
 * Inside a transaction: clears away some of what removed sessions had, for some ms: a large one would keep the thread, and
 * everybody who writes, for seconds. Whether something is left.
 */
export function clearRemoved(statements: WriteStatements, index: SearchIndex | undefined, clock: Clock): boolean {
  const { nextRemoved, pieceOfRemoved, deleteMessages, forgetRemoved } = statements
  const until = clock.monotonic() + turnMs
  for (let cleared = 0; cleared < rowsAtMost && (cleared === 0 || clock.monotonic() < until); ) {
    const removed = nextRemoved.get()
    if (!isRow(removed) || !isNumber(removed['id'])) return false
    const { id } = removed
    const from = messageKey(id, 0)
    const piece = pieceOfRemoved.get(from, messageKey(id + 1, 0), rowsAtOnce)
    const [last, rows] = isRow(piece) ? [Number(piece['last']), Number(piece['rows'])] : [from, 0]
    if (rows > 0) {
      index?.remove(from, last)
      deleteMessages.run(from, last)
    }
    if (rows < rowsAtOnce) forgetRemoved.run(id)
    cleared += Math.max(rows, 1)
  }
  return isRow(nextRemoved.get())
}
