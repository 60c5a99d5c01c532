/** One line of the core that is made wrong. */
export interface PlantedBug {
  readonly name: string
  /** Under `packages/core/src`. */
  readonly file: string
  /** There exactly once; when the core changes this line, the bug is to be planted anew. */
  readonly find: string
  readonly replace: string
}

/** What the simulation is to find: without it, a day on which it finds nothing would mean nothing. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'a failed save is not tried again',
    file: 'route/journal.ts',
    find: '      for (const id of upsert) if (!this.#remove.has(id)) this.#upsert.add(id)\n',
    replace: '',
  },
  {
    name: 'the cursor is not saved with what it covers',
    file: 'store/session-runtime.ts',
    find: '    if (event.cursor !== undefined) this.journal.noteCursor(event.cursor)\n',
    replace: '',
  },
  {
    name: 'an event that is told twice counts twice',
    file: 'route/event-order.ts',
    find: '    if (cursor.seq <= last.seq) return []\n',
    replace: '    if (cursor.seq <= last.seq) return [event]\n',
  },
  {
    name: 'events are taken in the order in which they come',
    file: 'route/event-order.ts',
    find: '    this.#held.set(cursor.seq, event)\n',
    replace: '    if (cursor.seq > 0) return this.#take(event, cursor)\n',
  },
  {
    name: 'what was missed is not asked for when the line is back',
    file: 'store/owner-store.ts',
    find: 'void this.#runs.catchUp(runtime)',
    replace: 'void runtime',
  },
  {
    name: 'a commit does not carry the fence of its lease',
    file: 'store/storage-writer.ts',
    find: 'fence === undefined ? batch : { ...batch, fence }',
    replace: 'batch',
  },
  {
    name: 'messages that are retracted stay in storage',
    file: 'route/journal.ts',
    find: '          this.#remove.add(id)\n',
    replace: '',
  },
  {
    name: 'a delta makes all messages anew',
    file: 'session/message-log.ts',
    find: 'return (this.#snapshot ??= Object.freeze(this.#rows.slice()))',
    replace: 'return Object.freeze(this.#rows.map((message) => ({ ...message })))',
  },
  {
    name: 'a run that ended goes on being shown as streaming',
    file: 'reduce/reduce.ts',
    find: '  for (const id of draft.log.open) finishMessage(draft, id, !complete, context, reason === \'interrupted\')\n',
    replace: '',
  },
]
