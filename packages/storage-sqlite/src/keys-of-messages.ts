import type { Statements, WriteStatements } from './connection.ts'
import type { KnownIds } from './known-ids.ts'
import { messageKey } from './message-row.ts'
import { isNumber, isRow } from './row.ts'
import { storedText } from './stored-text.ts'

/** Where messages that are retracted nearly always are. */
const nearTheEnd = 1_000

/**
 * The keys of those messages of a session that are there. No index has them by id: it would slow every insert down, by a
 * factor of five where ids are random, and retractions are rare. What is not near the end is looked for in one go.
 */
export function keysOf(statements: Statements & WriteStatements, session: number, ids: readonly string[], known: KnownIds): number[] {
  const keys: number[] = []
  const [begin, end] = [messageKey(session, -1), messageKey(session + 1, 0)]
  const near = keyIn(statements.firstOfLast.get(begin, end, nearTheEnd), 'first') ?? end
  const far = ids.filter((id) => {
    const key = keyIn(statements.findMessage.get(near - 1, end, storedText(id)), 'key')
    if (key !== undefined) keys.push(key)
    return key === undefined
  })
  if (far.length === 0 || near <= begin + 1) return keys
  const texts: string[] = []
  for (const id of known.possible(statements, session, near, far)) {
    const text = storedText(id)
    if (typeof text === 'string') texts.push(text)
    else {
      // Not a text to SQLite, so that it cannot stand in the list.
      const key = keyIn(statements.findMessage.get(begin, near, text), 'key')
      if (key !== undefined) keys.push(key)
    }
  }
  if (texts.length > 0) {
    for (const row of statements.findMessages.all(begin, near, JSON.stringify(texts))) {
      const key = keyIn(row, 'key')
      if (key !== undefined) keys.push(key)
    }
  }
  return keys
}

const keyIn = (row: unknown, column: string): number | undefined => {
  const key = isRow(row) ? row[column] : undefined
  return isNumber(key) ? key : undefined
}
