import { isCorrupt } from './sqlite-error.ts'

/** So many pieces are tried before a file is given up as damaged all over. */
const triesAtMost = 4_000

/**
 * Reads the rows between two keys (exclusive) of a table with damaged pages: in halves, and halves of those, until what
 * cannot be read is found, and told key by key range. Throws what SQLite said where too much is damaged.
 */
export function readAroundDamage<Row>(
  read: (from: number, to: number) => readonly Row[],
  from: number,
  to: number,
  onDamage: (from: number, to: number) => void,
): Row[] {
  let tries = 0
  const rows: Row[] = []
  let damaged: { from: number; to: number } | undefined
  const tell = (): void => {
    if (damaged) onDamage(damaged.from, damaged.to)
    damaged = undefined
  }
  const piece = (from: number, to: number): void => {
    tries += 1
    try {
      const found = read(from, to)
      if (found.length > 0) tell()
      for (const row of found) rows.push(row)
    } catch (thrown) {
      if (!isCorrupt(thrown) || tries > triesAtMost) throw thrown
      if (to - from <= 2) {
        damaged = { from: damaged?.from ?? from + 1, to: to - 1 }
        return
      }
      const middle = Math.floor((from + to) / 2)
      piece(from, middle + 1)
      piece(middle, to)
    }
  }
  piece(from, to)
  tell()
  return rows
}
