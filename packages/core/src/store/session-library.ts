import { AgentSessionError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type { Clock } from '../ports/clock.ts'
import type { CommitBatch, MessageRange, Page, SessionSummary } from '../ports/session-storage.ts'
import { summaryOf } from '../ports/session-summary.ts'
import type { KeepReason } from '../retention/plan-retention.ts'
import { isSessionId, makeId } from '../session-id.ts'
import type { MessageLog } from '../session/message-log.ts'
import type { SessionChange } from '../session/session-change.ts'
import { endedMessage, isOpen, type SessionMessage } from '../session/session-message.ts'
import { isUnended, type SessionRecord } from '../session/session-record.ts'
import { withoutEnvironment } from '../session/start-options.ts'
import { within } from '../timers/deadline.ts'
import type { ImportedSession, RestoreResult } from './agent-store.ts'
import { interruptedSession } from './interrupted-session.ts'
import type { OpenedSession, OpenSessions } from './open-sessions.ts'
import { redactBatch, type Redact } from './redaction.ts'
import { orderedMessages, type ArchivedSession, type SessionArchive } from './session-archive.ts'
import type { SessionRuns } from './session-runs.ts'
import type { SessionRuntime } from './session-runtime.ts'
import type { StorageWriter } from './storage-writer.ts'

export interface SessionLibraryOptions {
  readonly sessions: OpenSessions
  readonly runs: SessionRuns
  readonly archive: SessionArchive
  readonly writer: StorageWriter
  readonly clock: Clock
  readonly limits: Limits
  readonly newId: () => string
  readonly redact?: Redact | undefined
  /** What could not be read of what another process wrote. */
  readonly onError: (error: AgentSessionError) => void
  /** Whether something else is about to take the project's place, or the store is at its end. */
  readonly isTaken: (projectId: string) => boolean
}

/** A session that is being read. */
interface Reading {
  readonly session: Promise<SessionRuntime | undefined>
  /** It was purged meanwhile: what is read is not to come back (T9). */
  cancelled: boolean
}

/** What `Page` says of an absent limit. */
const defaultPage = 100

/** All sessions there are, in memory and in storage as one: what is in memory is the newer. */
export class SessionLibrary {
  readonly #options: SessionLibraryOptions
  readonly #sessions: OpenSessions
  readonly #archive: SessionArchive
  readonly #reading = new Map<string, Reading>()
  /** This store is about to write: all that it shows is read again. */
  #catchingUp: Promise<void> | undefined
  /** What was removed since each restore that is under way began. */
  readonly #restoring = new Set<Set<string>>()
  /** What is being removed from storage, where it may still be found. */
  readonly #removing = new Map<string, Promise<unknown>>()
  /** Projects that somebody wanted to see here. */
  readonly #restored = new Set<string>()

  constructor(options: SessionLibraryOptions) {
    this.#options = options
    this.#sessions = options.sessions
    this.#archive = options.archive
  }

  /**
   * The session in memory, read from storage where it is not there; once, however many ask for it at a time. `onRead` is
   * told of it before its run is looked for.
   */
  async open(sessionId: string, record?: SessionRecord, onRead?: (runtime: SessionRuntime) => void): Promise<SessionRuntime | undefined> {
    const open = this.#sessions.get(sessionId)
    if (open !== undefined || !isSessionId(sessionId) || this.#removing.has(sessionId)) return open
    const known = this.#reading.get(sessionId)
    if (known !== undefined) return known.session
    const reading = { cancelled: false }
    const session = this.#read(sessionId, reading, record, onRead).finally(() => this.#reading.delete(sessionId))
    this.#reading.set(sessionId, Object.assign(reading, { session }))
    return session
  }

  async restore(projectId: string): Promise<RestoreResult> {
    const { isTaken, runs, writer } = this.#options
    const removed = new Set(this.#removing.keys())
    this.#restoring.add(removed)
    this.#restored.add(projectId)
    try {
      await writer.settle()
      const shown = this.#sessions.current(projectId)
      // What a server rendered is there, and nobody knows yet whether its run goes on.
      if (shown !== undefined && !shown.state.live && isUnended(shown.state) && writer.refusal === undefined) {
        await runs.rejoin(shown)
        return restored(shown)
      }
      if (isTaken(projectId)) return { outcome: 'none' }
      const record = await this.#archive.last(projectId)
      // T24: one may have been started while the storage was asked.
      const show = (found: SessionRuntime): void => {
        if (!isTaken(projectId)) this.#sessions.makeCurrent(found)
      }
      // It shows as soon as it is read; whether its run goes on may take its transport a while to find out.
      // T9: nor does one come back that was purged meanwhile.
      const runtime = record && !removed.has(record.sessionId) ? await this.open(record.sessionId, record, show) : undefined
      if (runtime === undefined) return { outcome: 'none' }
      show(runtime)
      return runtime.state.current ? restored(runtime) : { outcome: 'none' }
    } catch (thrown) {
      return { outcome: 'failed', error: AgentSessionError.from('storage-failed', thrown) }
    } finally {
      this.#restoring.delete(removed)
    }
  }

  async list(projectId: string | undefined, { limit = defaultPage, offset = 0 }: Page): Promise<SessionSummary[]> {
    const open = (): SessionRuntime[] => this.#sessions.all().filter(({ state }) => projectId === undefined || state.projectId === projectId)
    // What is in memory may be newer than what is stored, and stand at another place: pages are cut from both together.
    const stored = await this.#archive.list(projectId, { limit: offset + limit + open().length + this.#removing.size })
    const there = stored.filter(({ sessionId }) => !this.#removing.has(sessionId))
    const listed = new Map(there.map((summary) => [summary.sessionId, this.#asSeen(summary)]))
    for (const { state } of open()) listed.set(state.sessionId, summaryOf(state))
    return [...listed.values()].sort((a, b) => b.updatedAt - a.updatedAt || b.createdAt - a.createdAt).slice(offset, offset + limit)
  }

  async messages(sessionId: string, range: MessageRange): Promise<SessionMessage[]> {
    const { after = 0, before = Number.POSITIVE_INFINITY, limit = Number.POSITIVE_INFINITY } = range
    const model = this.#sessions.directory.model(sessionId)
    const resident = model?.log.between(after, before, limit) ?? []
    if (resident.length >= limit || model?.hasOlder === false) return resident
    const upTo = Math.min(before, model?.log.at(0)?.seqId ?? before)
    const older = await this.#stored(sessionId, { after, before: upTo, limit: limit - resident.length }, model?.log)
    const state = model?.state
    const goesOn = ({ run }: SessionMessage): boolean => (state === undefined ? this.#options.runs.canRejoin : state.live && run === state.run)
    return [
      // Of a run that was lost before its end: what is read back later is no more under way than the page that was there.
      // And what goes on is newer in memory.
      ...older.map((message) => model?.log.get(message.id) ?? (isOpen(message) && !goesOn(message) ? endedMessage(message, true) : message)),
      ...resident,
    ]
  }

  /** Stores a session that comes from elsewhere; gives the id that it has here. Rejects when the storage fails. */
  async import(session: ImportedSession): Promise<string> {
    const { clock, limits } = this.#options
    const context = { now: clock.now(), limits }
    if (!isSessionId(session.record.sessionId)) throw new AgentSessionError('invalid-argument', 'The session has an id that is none.')
    const whole = { ...session, messages: orderedMessages(session.messages) }
    const { record, messages } = isUnended(whole.record) ? interruptedSession(whole, context) : whole
    const known = this.#sessions.get(record.sessionId) ?? (await this.#archive.session(record.sessionId))
    const sessionId = known === undefined ? record.sessionId : makeId(this.#options.newId)
    const lastSeqId = Math.max(record.lastSeqId, messages.at(-1)?.seqId ?? 0)
    const imported = { ...record, options: withoutEnvironment(record.options), sessionId, lastSeqId }
    await this.commit({ session: imported, upsert: messages, remove: [] })
    this.#tell(sessionId, imported)
    return sessionId
  }

  commit(batch: CommitBatch): Promise<void> {
    const { writer, redact } = this.#options
    return writer.commit(redact ? redactBatch(batch, redact) : batch)
  }

  /** From memory, then from storage; nothing of it can be written in between (T9). Rejects when the storage fails. */
  async remove(sessionId: string): Promise<void> {
    const { clock, limits, runs, writer } = this.#options
    runs.forget(sessionId)
    const reading = this.#reading.get(sessionId)
    if (reading !== undefined) reading.cancelled = true
    for (const removed of this.#restoring) removed.add(sessionId)
    const forgotten = this.#sessions.forget(sessionId)
    // Asked for twice: the second has nothing to end, and waits for what the first does.
    const ended = Promise.allSettled([forgotten, this.#removing.get(sessionId)])
    const deleted = ended.then(() => writer.delete([sessionId])).finally(() => this.#removing.get(sessionId) === deleted && this.#removing.delete(sessionId))
    this.#removing.set(sessionId, deleted)
    // What could not be removed is there still.
    deleted.catch(() => this.follow(sessionId))
    const removed = await within(clock, limits.commitTimeoutMs, deleted)
    if (!removed.timely) throw new AgentSessionError('storage-timeout', `The storage did not answer within ${limits.commitTimeoutMs} ms.`)
  }

  /** Resolves when nothing is being removed any more. */
  async removed(): Promise<void> {
    await Promise.allSettled(this.#removing.values())
  }

  /** What keeps a session from retention. */
  keeps({ sessionId, pinned, status }: SessionSummary): KeepReason | undefined {
    const view = this.#sessions.directory.get(sessionId)
    if (view?.live || status === 'running') return 'running'
    // F32: what is in memory may have been pinned since it was listed.
    if (view === undefined ? pinned : view.pinned) return 'pinned'
    if (view?.current) return 'current'
    return view?.watched ? 'watched' : undefined
  }

  /** Whether a message can leave memory and be had again; one that is open, whether storage has any of it. */
  mayLeave(sessionId: string, message: SessionMessage): boolean {
    const journal = this.#sessions.get(sessionId)?.journal
    return journal !== undefined && !(isOpen(message) ? journal.isNew(message) : journal.holds(message))
  }

  /**
   * Another process has written: what is in memory becomes what that one stored, and what was running there is joined.
   * Rejects when the storage fails; what was not read then leaves memory, for it would be written over what is stored.
   */
  catchUp(): Promise<void> {
    this.#catchingUp = this.#readAgain().finally(() => (this.#catchingUp = undefined))
    return this.#catchingUp
  }

  async #readAgain(): Promise<void> {
    const failures: unknown[] = []
    for (const { state } of this.#sessions.all()) {
      const { sessionId, current } = state
      try {
        const archived = await this.#archive.session(sessionId)
        if (archived === undefined) await this.#sessions.forget(sessionId)
        else await this.#rejoin(await this.#sessions.replace({ ...opened(archived, current), mended: archived.mended }), archived)
      } catch (thrown) {
        failures.push(thrown)
        await this.#sessions.forget(sessionId)
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  /** A session was written or deleted, and not by what is in memory here: it shows as it is stored. Never rejects. */
  async follow(sessionId: string): Promise<void> {
    try {
      // What is being read may be read as it was before.
      await this.#reading.get(sessionId)?.session
      const runtime = this.#sessions.get(sessionId)
      if (runtime === undefined) await this.#followStored(sessionId)
      else await this.#followShown(runtime)
    } catch (thrown) {
      if (!this.#sessions.closing) this.#options.onError(AgentSessionError.from('storage-failed', thrown))
    }
  }

  async #followShown(runtime: SessionRuntime): Promise<void> {
    const { sessionId, run } = runtime.state
    // Who is about to write has read it as the last one left it, and may have joined its run.
    if (!this.#follows) return
    const archived = await this.#archive.session(sessionId)
    const open = this.#sessions.directory.model(sessionId)?.log.openSeqIds() ?? []
    const found = await this.#archive.at(sessionId, open)
    // It may write itself by now, or be about to, and has read everything again.
    if (this.#sessions.get(sessionId) !== runtime || !this.#follows) return
    if (archived === undefined) return this.#followRemoved(runtime)
    const next = await this.#sessions.replace(opened(this.#withPages(archived, open, found), runtime.state.current))
    if (next.state.run !== run && this.#leads(next.state)) this.#sessions.makeCurrent(next)
  }

  /** What runs in its project comes in the place of one that is gone, and not only when it is written again. */
  async #followRemoved({ state: { sessionId, projectId, current } }: SessionRuntime): Promise<void> {
    await this.#sessions.forget(sessionId)
    const last = current ? await this.#archive.last(projectId) : undefined
    if (!last || !isUnended(last)) return
    await this.follow(last.sessionId)
    // It may have been here all the while, behind the other one.
    const next = this.#sessions.get(last.sessionId)
    if (next && this.#follows && this.#leads(next.state)) this.#sessions.makeCurrent(next)
  }

  async #followStored(sessionId: string): Promise<void> {
    const record = isSessionId(sessionId) ? await this.#archive.record(sessionId) : undefined
    if (this.#sessions.closing || this.#sessions.get(sessionId) || this.#removing.has(sessionId)) return
    const follows = record !== undefined && this.#follows && this.#leads(record)
    const runtime = follows ? await this.open(sessionId, record) : undefined
    if (runtime && this.#follows && this.#leads(runtime.state)) this.#sessions.makeCurrent(runtime)
    if (!runtime) this.#tell(sessionId, record)
  }

  /** Whether this store shows what another process writes, and is not about to write itself. */
  get #follows(): boolean {
    return this.#options.writer.refusal !== undefined && this.#catchingUp === undefined && !this.#sessions.closing
  }

  /**
   * Whether its project is to show this session, in which something has happened at the process that writes: that one shows
   * there what it began last.
   */
  #leads(record: SessionRecord): boolean {
    const shown = this.#sessions.current(record.projectId)?.state
    if (shown === undefined) return this.#restored.has(record.projectId)
    if (isUnended(record) && record.createdAt > shown.createdAt) return true
    return shown.status !== 'running' && record.updatedAt >= shown.updatedAt
  }

  /** Of a session that is not in memory: how it is stored, or that it is gone. */
  #tell(sessionId: string, record: SessionRecord | undefined): void {
    const change: SessionChange = record === undefined ? { type: 'removed' } : { type: 'listed', summary: this.#asSeen(summaryOf(record)) }
    this.#sessions.directory.apply(sessionId, change)
  }

  /** The newest of a range, without those that were retracted since they left memory: storage may still have them. */
  async #stored(sessionId: string, { after, before, limit }: Required<MessageRange>, log: MessageLog | undefined): Promise<SessionMessage[]> {
    const found = await this.#archive.messages(sessionId, {
      ...(after > 0 && { after }),
      ...(Number.isFinite(before) && { before }),
      ...(Number.isFinite(limit) && { limit }),
    })
    const there = found.filter(({ id }) => log?.retracted(id) !== true)
    const [oldest] = found
    // As many as were asked for, or all: fewer would say that there are no more.
    if (oldest === undefined || there.length === found.length || found.length < limit) return there
    return [...(await this.#stored(sessionId, { after, before: oldest.seqId, limit: limit - there.length }, log)), ...there]
  }

  /** A session as it was read, with the older pages that are here; what was open of them, at these seqIds, was read again. */
  #withPages(archived: ArchivedSession, open: readonly number[], again: readonly SessionMessage[]): ArchivedSession {
    const { record, messages } = archived
    const model = this.#sessions.directory.model(record.sessionId)
    const first = messages[0]?.seqId ?? 0
    const pages = model?.log.between(0, first, Number.POSITIVE_INFINITY) ?? []
    const [oldest] = pages
    // More came at once than a page: what is between the two would be missing, and could not be asked for.
    if (model === undefined || oldest === undefined || (model.log.at(model.log.length - 1)?.seqId ?? 0) < first - 1) return archived
    const changed = new Map(again.map((message) => [message.id, message]))
    const asked = new Set(open)
    // One that was not found again was retracted.
    const older = pages.flatMap((message) => changed.get(message.id) ?? (asked.has(message.seqId) ? [] : [message]))
    return {
      ...archived,
      messages: [...older, ...messages],
      hasOlder: model.hasOlder,
      aside: archived.aside.filter(({ seqId }) => seqId < oldest.seqId),
    }
  }

  async #read(
    sessionId: string,
    reading: { readonly cancelled: boolean },
    known?: SessionRecord,
    onRead?: (runtime: SessionRuntime) => void,
  ): Promise<SessionRuntime | undefined> {
    const { writer } = this.#options
    await writer.settle()
    await this.#catchingUp?.catch(() => {})
    const { state } = writer
    const archived = await this.#archive.session(sessionId, known)
    if (reading.cancelled || this.#sessions.closing) return undefined
    // Another process wrote until now, or does from now on: it may have been read as it was before.
    if (writer.state !== state || this.#catchingUp) return this.#read(sessionId, reading, undefined, onRead)
    if (archived === undefined) return undefined
    if (this.#sessions.get(sessionId)) return this.#sessions.get(sessionId)
    // Whoever writes has it running: to this one it is only shown.
    const writes = writer.refusal === undefined
    const runtime = this.#sessions.open({ ...opened(archived, false), ...(writes && { mended: archived.mended }) })
    onRead?.(runtime)
    if (writes) await this.#rejoin(runtime, archived)
    return this.#sessions.get(sessionId)
  }

  /** Its run goes on, where it never ended. */
  async #rejoin(runtime: SessionRuntime, { record, gapped }: ArchivedSession): Promise<void> {
    if (gapped) runtime.act({ type: 'gap' })
    if (isUnended(record)) await this.#options.runs.rejoin(runtime)
  }

  /** What storage says of a session that is not in memory: nobody runs it, unless the transport may find its run again. */
  #asSeen(summary: SessionSummary): SessionSummary {
    const { runs, writer } = this.#options
    if (summary.status !== 'running' || runs.canRejoin || writer.refusal !== undefined) return summary
    return { ...summary, status: 'idle', endReason: 'interrupted' }
  }
}

const opened = ({ record, messages, hasOlder, aside, cursor }: ArchivedSession, current: boolean): OpenedSession => ({
  state: { ...record, current, live: false, saved: 'saved' },
  messages,
  hasOlder,
  ...(aside.length > 0 && { aside }),
  cursor,
})

function restored({ state: { sessionId, live, endReason } }: SessionRuntime): RestoreResult {
  return { outcome: live ? 'live' : endReason === 'interrupted' ? 'interrupted' : 'restored', sessionId }
}
