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
  {
    name: 'late packets of a numbering that has ended count',
    file: 'route/event-order.ts',
    find: '    this.#ended.push(last.epoch)\n',
    replace: '',
  },
  {
    name: 'what came while a commit was under way counts as saved',
    file: 'route/journal.ts',
    find: 'this.#durable = version\n',
    replace: 'this.#durable = this.#version\n',
  },
  {
    name: 'a session says that it is saved while more has come',
    file: 'route/journal.ts',
    find: 'onState(this.#version === version ? \'saved\' : \'saving\')',
    replace: 'onState(\'saved\')',
  },
  {
    name: 'a failed save is tried again at once',
    file: 'route/journal.ts',
    find: 'this.#arm(this.#backoff())',
    replace: 'this.#arm(0)',
  },
  {
    name: 'each change puts the save off',
    file: 'route/journal.ts',
    find: '    if (this.#joins || this.#options.refusal() !== undefined) return\n    this.#joins = true\n    if (this.#inFlight === undefined && !this.#timer.armed) this',
    replace: '    if (this.#options.refusal() !== undefined) return\n    if (this.#inFlight === undefined) this',
  },
  {
    name: 'two commits of a session are in flight at once',
    file: 'route/journal.ts',
    find: '    if (this.#urgent) return\n',
    replace: '',
  },
  {
    name: 'a save that fails does not show',
    file: 'route/journal.ts',
    find: '    this.#options.onState(\'failing\')\n    this.#options.onError(error)\n',
    replace: '    this.#options.onError(error)\n',
  },
  {
    name: 'a save that fails is not told',
    file: 'route/journal.ts',
    find: '    this.#options.onError(error)\n',
    replace: '',
  },
  {
    name: 'the end of a run waits for the next save',
    file: 'store/session-runtime.ts',
    find: '    this.#stallTimer.stop()\n    this.journal.saveNow()\n',
    replace: '    this.#stallTimer.stop()\n',
  },
  {
    name: 'sleep of the machine is taken for silence of the agent',
    file: 'timers/stall-timer.ts',
    find: '      if (now - due > sleptMs) this.#lastActivity = now\n',
    replace: '',
  },
  {
    name: 'who takes over writes what it had in memory',
    file: 'store/storage-writer.ts',
    find: '    return catchUp()\n',
    replace: '    return Promise.resolve()\n',
  },
  {
    name: 'a question outlives the run that asked it',
    file: 'reduce/reduce.ts',
    find: 'permissions: draft.state.permissions.map((request) =>\n      isOpen(request) ? { ...request, state: reason === \'interrupted\' ? \'expired\' : \'cancelled\' } : request,\n    ),',
    replace: 'permissions: draft.state.permissions,',
  },
  {
    name: 'the end of the store does not save',
    file: 'store/owner-store.ts',
    find: '[...unheard, ...this.#sessions.all().map(({ journal }) => journal.flush())]',
    replace: '[...unheard]',
  },
  {
    name: 'a page that is hidden does not save',
    file: 'store/owner-store.ts',
    find: 'lifecycle.onHide(() => this.#sessions.all().forEach(({ journal }) => journal.saveNow())),',
    replace: '',
  },
  {
    name: 'what waits is sent after an error',
    file: 'store/session-runs.ts',
    find: 'next === undefined || status !== \'done\' || endReason',
    replace: 'next === undefined || endReason',
  },
  {
    name: 'a notice does not say which fields changed',
    file: 'replica/pending-changes.ts',
    find: '      for (const field in change.patch) fields.add(field as SessionField)\n      return',
    replace: '      return',
  },
  {
    name: 'seqIds that were given are given again after a restore',
    file: 'store/session-archive.ts',
    find: 'Math.max(highest, record.lastSeqId)',
    replace: 'highest',
  },
  {
    name: 'retention takes one too many',
    file: 'retention/plan-retention.ts',
    find: 'index >= policy.count',
    replace: 'index >= policy.count - 1',
  },
  {
    name: 'retention is never enforced',
    file: 'store/owner-store.ts',
    find: '    if (runtime.state.status === \'done\') void this.#keeper.enforce(runtime.state.projectId)\n',
    replace: '',
  },
  {
    name: 'messages leave memory before they are saved',
    file: 'store/session-library.ts',
    find: 'return journal !== undefined && !(isOpen(message) ? journal.isNew(message) : journal.holds(message))',
    replace: 'return journal !== undefined',
  },
  {
    name: 'messages never leave memory',
    file: 'session/session-model.ts',
    find: '    if (excess < limit / 4) return 0\n',
    replace: '    if (excess > 0 || limit > 0) return 0\n',
  },
  {
    name: 'messages that somebody paged in leave memory at once',
    file: 'session/session-model.ts',
    find: ' - limit - this.#pagedIn\n',
    replace: ' - limit\n',
  },
  {
    name: 'what is open leaves memory with its page',
    file: 'session/message-log.ts',
    find: '      if (!this.open.has(message.id)) this.#leave(message)\n      else {',
    replace: '      if (message.id !== \'\') this.#leave(message)\n      else {',
  },
  {
    name: 'what was open when its page left stays in memory for ever',
    file: 'session/session-model.ts',
    find: '    this.#log.releaseAside(mayLeave)\n',
    replace: '',
  },
  {
    name: 'a project is never free of a session that has ended',
    file: 'store/session-runtime.ts',
    find: '    this.#cleanupTimer.set(this.limits.cleanupMs, () => this.state.live || this.update({ current: false }))\n',
    replace: '',
  },
  {
    name: 'a project is free of a session as soon as it has ended',
    file: 'store/session-runtime.ts',
    find: 'this.#cleanupTimer.set(this.limits.cleanupMs, ',
    replace: 'this.#cleanupTimer.set(0, ',
  },
  {
    name: 'a piece of a text that is told again is put to its end',
    file: 'reduce/reduce-delta.ts',
    find: '  if (event.offset === undefined) return event.text\n',
    replace: '  if (event.text !== \'\') return event.text\n',
  },
  {
    name: 'a notice is given in the middle of a change',
    file: 'replica/session-directory.ts',
    find: '    this.#options.schedule(this.#flush)\n',
    replace: '    this.#flush()\n',
  },
  {
    name: 'the end of the store does not wait for what is being saved',
    file: 'store/owner-store.ts',
    find: '.flush())])\n    // What is being removed waits for the lease, a commit in flight, and then for its deletion.\n    await within(',
    replace: '.flush())].slice(0, 0))\n    void within(',
  },
  {
    name: 'the end of the store does not wait for what is being removed',
    file: 'store/owner-store.ts',
    find: ', this.#library.removed()])',
    replace: '])',
  },
  {
    name: 'a reader does not hear of a session that is not open',
    file: 'store/session-library.ts',
    find: '      if (runtime === undefined) await this.#followStored(sessionId)\n      else await',
    replace: '      if (runtime !== undefined) await',
  },
  {
    name: 'a reader stays with the session that it had',
    file: 'store/session-library.ts',
    find: '    if (isUnended(record) && record.createdAt > shown.createdAt) return true\n',
    replace: '    if (shown !== undefined) return false\n',
  },
]
