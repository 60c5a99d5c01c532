import { sameRows, type MessageRow } from './message-rows.ts'

/** Some rows that follow each other: on the page they come and go together. */
export interface RowChunk {
  readonly key: number
  readonly rows: readonly MessageRow[]
}

/** Places in the session that make one chunk. Fewer cost more bookkeeping, more are too much to make within a frame. */
const chunkLength = 16

/**
 * Cuts rows into chunks by their places in the session, so that neither older messages before them nor new ones behind
 * them move a cut. A chunk that stays as it was is the same object.
 */
export function rowChunks(): (rows: readonly MessageRow[]) => readonly RowChunk[] {
  let known = new Map<number, RowChunk>()
  return (rows) => {
    const cut: { key: number; rows: MessageRow[] }[] = []
    for (const row of rows) {
      const key = Math.floor(row.seqId / chunkLength)
      const last = cut.at(-1)
      if (last?.key === key) last.rows.push(row)
      else cut.push({ key, rows: [row] })
    }
    const chunks = cut.map((chunk) => {
      const before = known.get(chunk.key)
      return before !== undefined && sameRows(before.rows, chunk.rows) ? before : chunk
    })
    known = new Map(chunks.map((chunk) => [chunk.key, chunk]))
    return chunks
  }
}
