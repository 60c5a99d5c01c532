import { isDeepStrictEqual } from 'node:util'
import type { AgentSession, SessionMessage, SessionRecord, SessionSummary } from '@agent-session/core'
import { DeletionChecks } from './deletion-checks.ts'
import { differences, lasting } from './lasting.ts'
import { SavingChecks } from './saving-checks.ts'
import { TimingChecks } from './timing-checks.ts'
import { asTold } from './as-told.ts'
import { expectedTranscript } from './expected-transcript.ts'
import { cursorKey } from './line.ts'
import type { FarSession } from './far-side.ts'
import type { Process } from './process.ts'
import type { Step } from './story.ts'
import { halfChanged, misshown } from './view-checks.ts'
import { projects, type World } from './world.ts'
import { limits } from './world-limits.ts'

/** How a session looked after the step before. */
interface Seen {
  readonly messages: ReadonlyMap<string, SessionMessage>
  readonly firstSeqId: number
  readonly record: SessionRecord
  readonly live: boolean
  readonly current: boolean
}

/** Timers that a process may have armed: for each session stall, cleanup, save and gap, calls that wait, and a few of its own. */
const timersFor = (sessions: number, windows: number): number => 20 + 10 * sessions + 10 * windows

/** What holds after every step, whatever happened. */
export class Checks {
  readonly #world: World
  readonly #saving: SavingChecks
  readonly #timing: TimingChecks
  readonly #deletions: DeletionChecks
  #seen = new Map<AgentSession, Seen>()
  /** What was stored after the step before, while a process only reads. */
  readonly #stored = new WeakMap<Process, ReadonlySet<string>>()
  /** Sessions of which events were missing when they were given up on in this step: what comes later in it is too late. */
  readonly #givenUp = new Set<string>()

  constructor(world: World) {
    this.#world = world
    this.#saving = new SavingChecks(world)
    this.#timing = new TimingChecks(world)
    this.#deletions = new DeletionChecks(world)
    world.onGap = (sessionId, process) => {
      const far = world.far.sessions.get(sessionId)
      if (far && process === world.process && this.#mayBeGapped(far)) this.#givenUp.add(sessionId)
    }
  }

  /** `step` is `undefined` when all has come to rest. */
  async afterStep(step?: Step): Promise<void> {
    const world = this.#world
    const sessions = world.sessions()
    for (const { view, far } of sessions) {
      this.#noteLies(view, far)
      this.#inOrder(view)
      this.#ownAlone(view)
      this.#stoppedForGood(view)
      const wrong = halfChanged(view) ?? misshown(view)
      if (wrong !== undefined) world.violate(`promise 13: ${wrong}`)
      const before = this.#seen.get(view)
      if (before) this.#fromBefore(view, far, before, step)
      if (view.projectId === 'one') world.process.watch.look(view)
    }
    for (const messageId of world.process.line.acceptedTwice) world.violate(`promise 2: the prompt ${messageId} was sent twice`)
    this.#oneCurrent()
    world.process.watch.afterStep(world.store)
    const { armed } = world.process.clock
    // Also those have timers that no agent has heard of yet: their start is on its way, or was refused.
    const inMemory = world.process.views().length
    if (armed > timersFor(inMemory, world.windows.length)) world.violate(`promise 7: ${armed} timers for ${inMemory} sessions`)
    for (const { whole, mirror } of world.windows) {
      if (!whole || mirror.connection.state !== 'connected') continue
      // A window is sent what is live or current, and what it asked for.
      for (const { view } of sessions) if (view.live || view.current) this.#mirrors(view, mirror.findSession(view.sessionId))
    }
    await this.#saving.afterStep(step)
    this.#timing.afterStep(step)
    await this.#deletions.afterStep(step)
    await this.#standbyFollows()
    if (world.steady) this.#lists(world.process, await world.store.listSessions())
    this.#seen = new Map(sessions.map(({ view }) => [view, seen(view)]))
    this.#givenUp.clear()
  }

  /** What is on disk is what the agent had said up to the cursor beside it: neither more nor less (promises 2, 3 and 4). */
  async disk(): Promise<void> {
    for (const far of this.#world.far.sessions.values()) {
      const cursor = await this.#world.disk.cursor(far.sessionId)
      const stored = await this.#world.disk.messages(far.sessionId)
      if (stored.length === 0) continue
      // Who reads it back says that something may be missing.
      const asked = (await this.#world.disk.session(far.sessionId))?.asked
      if (asked !== undefined && asked?.epoch !== cursor?.epoch) this.#world.gapped.add(far.sessionId)
      asTold(this.#world, far, stored, far.placeOf(cursor), 'promise 4: on disk')
    }
  }

  /** The store has come to its end: with a storage that works, nothing of what it held is lost. */
  async afterQuit(steady: boolean): Promise<void> {
    const { process, standby } = this.#world
    for (const { store } of [process, ...(standby ? [standby] : [])]) {
      for (const far of this.#world.far.sessions.values()) {
        const view = store.findSession(far.sessionId)
        if (view) this.#noteLies(view, far)
      }
    }
    await this.disk()
    // Another that waited for its turn goes on at once.
    if (!steady || standby !== undefined) return
    for (const { view } of this.#world.sessions()) await this.#saving.isOnDisk(view, 'F31: at its end')
  }

  /** All is healed and has come to rest: nothing is unsaved, and everything the agents said is there (promises 3, 6 and 13). */
  async atTheEnd(): Promise<void> {
    const world = this.#world
    this.#timing.atRest()
    for (const { state, aside = [] } of world.store.snapshot().sessions) {
      const ended = aside.find(({ streaming, toolState, delivery }) => streaming !== true && toolState !== 'running' && delivery !== 'sending')
      if (ended !== undefined) world.violate(`promise 14: ${ended.id} of ${state.sessionId} has ended, and is kept beside the messages`)
    }
    for (const { view, far } of world.sessions()) {
      this.#noteLies(view, far)
      if (view.saved !== 'saved') world.violate(`promise 5: ${view.sessionId} is still ${view.saved} at the end`)
      else await this.#saving.isOnDisk(view, 'promise 3: at the end')
      while (view.hasOlder) if ((await view.loadOlder(1_000)) === 0) break
      const stored = await world.disk.messages(view.sessionId)
      const shown = view.messages
      if (!isDeepStrictEqual(shown.map(lasting), stored.map(lasting))) {
        world.violate(`promise 3: ${view.sessionId} shows other messages than are stored:${differences(shown, stored)}`)
      }
      const waits = shown.find(({ delivery }) => delivery === 'sending')
      if (waits) world.violate(`promise 13: the prompt ${waits.id} is on its way for ever`)
      const refused = shown.find(({ id, delivery }) => delivery === 'sent' && !world.far.accepted.has(id))
      if (refused) world.violate(`promise 13: the prompt ${refused.id} shows as sent, and nobody has it`)
      if (view.live) continue
      const open = shown.filter(({ streaming, toolState }) => streaming === true || toolState === 'running')
      if (open.length > 0) world.violate(`promise 13: ${view.sessionId} has ended, and ${open.map(({ id }) => id).join(', ')} has not`)
    }
    for (const { view, far } of world.sessions()) {
      if (far.run === undefined && view.live) world.violate(`promise 13: ${view.sessionId} says "${view.status}", its agent has ended`)
      if (far.run !== undefined && far.run === view.run && !view.live && !world.stopped.has(far.run)) {
        world.violate(`promise 13: ${view.sessionId} says "${view.status}" and "${view.endReason}", its agent goes on`)
      }
      asTold(world, far, view.messages, Number.POSITIVE_INFINITY, 'promise 3: at the end')
      this.#knowsAll(view, far)
    }
  }

  #inOrder({ sessionId, messages, lastSeqId }: AgentSession): void {
    let last = 0
    for (const { seqId, id } of messages) {
      if (seqId <= last || seqId > lastSeqId) this.#world.violate(`promise 1: ${id} of ${sessionId} has seqId ${seqId} after ${last}, of ${lastSeqId}`)
      last = seqId
    }
  }

  #ownAlone({ sessionId, messages }: AgentSession): void {
    for (const { id } of messages) {
      if (id.includes(':') && !id.startsWith(`${sessionId}:`)) this.#world.violate(`promise 8: ${id} shows in ${sessionId}`)
    }
  }

  #stoppedForGood({ sessionId, live, endReason, run, status }: AgentSession): void {
    if (endReason === 'stopped' && (live || status === 'running')) this.#world.violate(`promise 9: ${sessionId} was stopped, and run ${run} goes on`)
  }

  #fromBefore(view: AgentSession, far: FarSession, before: Seen, step: Step | undefined): void {
    const world = this.#world
    const { sessionId } = view
    for (const message of view.messages) {
      const other = before.messages.get(message.id)
      // A message that is as it was is the same object.
      if (other === undefined || other === message) continue
      if (isDeepStrictEqual(other, message)) world.violate(`promise 10: ${message.id} is another object and says the same`)
      if (other.seqId !== message.seqId) world.violate(`promise 1: ${message.id} had seqId ${other.seqId} and has ${message.seqId}`)
    }
    if (view.lastSeqId < before.record.lastSeqId) world.violate(`promise 1: lastSeqId of ${sessionId} goes back`)
    if (view.updatedAt < before.record.updatedAt) world.violate(`F26: ${sessionId} looks older than before`)
    // The runs of an agent come one after the other; one that has ended stays so.
    if (!before.live && view.live && before.record.run === view.run && before.record.status !== 'running') {
      world.violate(`promise 9: run ${view.run} of ${sessionId} had ended, and goes on`)
    }
    // Another may have taken its place: a start whose line was slow.
    if (before.live && view.live && before.current && !world.store.hasSession(view.projectId) && step?.name === 'wait') {
      world.violate(`F32: ${sessionId} runs, and its project is free of it`)
    }
    // At rest what was given up on may come after all, before this is asked.
    if (step !== undefined && before.record.continuity === undefined && view.continuity === 'gapped' && !this.#givenUp.has(sessionId) && !this.#mayBeGapped(far)) {
      world.violate(`promise 13: ${sessionId} says that events are missing, and all were told`)
    }
    const first = view.messageAt(0)?.seqId ?? 0
    if (before.firstSeqId > 0 && first > before.firstSeqId && before.messages.size > 0) {
      const gone = [...before.messages.values()].filter(({ seqId, id }) => seqId < first && !far.tookBack(id))
      // One that was taken back since made room that stays empty.
      const retracted = far.log.filter(({ event }) => event.type === 'retract').length
      const kept = limits.residentMessages + (world.pagedIn.get(view) ?? 0) - retracted
      if (gone.length > 0 && view.messageCount < kept) world.violate(`promise 14: ${gone[0]?.id} has left memory, which holds ${view.messageCount} of ${kept}`)
    }
    this.#queueWaits(view, far, before, step)
  }

  /** What waits is sent after a turn that ended well, and after no other, unless a person goes on. */
  #queueWaits({ queue, sessionId }: AgentSession, far: FarSession, { record }: Seen, step: Step | undefined): void {
    if (step?.name === 'withdraw' || step?.name === 'prompt') return
    const sent = record.queue.find(({ messageId }) => !queue.some((other) => other.messageId === messageId))
    if (sent === undefined || record.run === undefined) return
    const failed = far.log.some(({ run, event }) => run === record.run && event.type === 'status' && event.status === 'error')
    if (failed || far.stopped.has(record.run)) this.#world.violate(`promise 9: ${sent.messageId} of ${sessionId} was sent after a run that ${failed ? 'failed' : 'was stopped'}`)
  }

  /** Whether events are missing that were told: lost on the way, or by the host. */
  #mayBeGapped(far: FarSession): boolean {
    // One whose purge failed is read anew, behind what was handed over; and a process may have died with what it was told of a gap.
    if (this.#world.purged.has(far.sessionId) || this.#world.blurred.has(far.sessionId)) return true
    // Asked what came after a place that it forgot while the question was on its way, a host says that there is a gap.
    const { attached, unanswered, unansweredFromStart } = this.#world.process.line
    // Where it began again before it could say so, nobody knows; nor whether it told anything before what was heard first.
    if ((far.kept > 1 && unanswered.has(far.sessionId)) || unansweredFromStart.has(far.sessionId)) return true
    if (attached.some(({ sessionId, cursor }) => sessionId === far.sessionId && far.placeOf(cursor) + 1 < far.kept)) return true
    const handed = this.#world.process.line.handed.get(far.sessionId) ?? new Set()
    const places = far.log.filter(({ event }) => handed.has(cursorKey(event))).map(({ place }) => place)
    const from = this.#world.begunAt.get(far.sessionId) ?? 0
    const upTo = Math.max(far.kept, ...places)
    return far.log.some(({ place, event }) => place > from && place < upTo && !handed.has(cursorKey(event)))
  }

  #oneCurrent(): void {
    for (const project of projects) {
      const current = this.#world.sessions().filter(({ view }) => view.projectId === project && view.current)
      const [first] = current
      if (current.length > 1) this.#world.violate(`promise 8: project ${project} has ${current.length} current sessions`)
      if (first && this.#world.store.getSession(project) !== first.view) this.#world.violate(`promise 8: project ${project} has a current session that is not its own`)
    }
  }

  #mirrors(view: AgentSession, mirrored: AgentSession | undefined): void {
    if (mirrored === undefined) return this.#world.violate(`the window does not show ${view.sessionId}`)
    const shown = new Map(mirrored.messages.map((message) => [message.id, message]))
    for (const message of view.messages) {
      const copy = shown.get(message.id)
      // A window has a page of its own; what is in both is the same.
      if (copy !== undefined && !isDeepStrictEqual(JSON.parse(JSON.stringify(message)), copy)) {
        this.#world.violate(`promise 2: the window shows ${message.id} otherwise than its store`)
      }
    }
    if (mirrored.status !== view.status || mirrored.live !== view.live || mirrored.lastMessage?.id !== view.lastMessage?.id) {
      this.#world.violate(`the window shows ${view.sessionId} as ${mirrored.status}, its store as ${view.status}`)
    }
  }

  /** Who reads while another writes shows what that one has stored. */
  async #standbyFollows(): Promise<void> {
    const { standby, disk } = this.#world
    if (standby === undefined) return
    const open = ({ streaming, toolState }: SessionMessage): boolean => streaming === true || toolState === 'running'
    const known = this.#stored.get(standby)
    const stored = (await Promise.all(projects.map((project) => disk.sessions(project)))).flat()
    this.#stored.set(standby, new Set(stored.map(({ sessionId }) => sessionId)))
    this.#lists(standby, stored)
    for (const { sessionId, projectId, createdAt, status } of stored) {
      const rivals = stored.filter((other) => other.projectId === projectId && other.createdAt >= createdAt)
      const shown = standby.store.getSession(projectId)
      if (known?.has(sessionId) === false && status === 'running' && rivals.length === 1 && shown?.sessionId !== sessionId) {
        this.#world.violate(`F14: ${sessionId} was begun in ${projectId}, and a reader shows ${shown?.sessionId}`)
      }
    }
    for (const { sessionId } of this.#world.far.sessions.values()) {
      const view = standby.store.findSession(sessionId)
      if (view === undefined) continue
      if (view.live) this.#world.violate(`F14: ${sessionId} is live in a process that only reads`)
      const record = await disk.session(sessionId)
      const stored = (await disk.messages(sessionId)).slice(-limits.pageSize)
      // What was on its way in a run that has ended is shown as what it is.
      const shown = view.messages.slice(-limits.pageSize).map((message, index) => (stored[index]?.delivery === 'sending' ? { ...message, delivery: 'sending' as const } : message))
      if (record === undefined) this.#world.violate(`promise 13: ${sessionId} is deleted, and a reader shows it`)
      else if (record.status !== view.status || !isDeepStrictEqual(stored.map(lasting), shown.map(lasting))) {
        this.#world.violate(`promise 13: a reader shows ${sessionId} otherwise than it is stored:${differences(shown, stored)}`)
      } else if (record.status !== 'running' && view.messages.some(open)) this.#world.violate(`promise 13: a reader shows ${sessionId} as ended, and something of it goes on`)
    }
  }

  /** What a list shows is what there is, though nobody has asked it to look again. */
  #lists({ number, list }: Process, sessions: readonly SessionSummary[]): void {
    const told = (summaries: readonly SessionSummary[]): string[] =>
      summaries.map(({ sessionId, status, title, pinned, updatedAt, costUsd }) => JSON.stringify({ sessionId, status, title, pinned, updatedAt, costUsd })).toSorted()
    const [shown, there] = [told(list.sessions), told(sessions)]
    if (!isDeepStrictEqual(shown, there)) this.#world.violate(`promise 13: a list of process ${number} shows\n    ${shown.join('\n    ')}\n  and there is\n    ${there.join('\n    ')}`)
  }

  /** A session that says that something is missing is not held to it, and its agent is let go. */
  #noteLies(view: AgentSession, far: FarSession): void {
    if (view.continuity === 'gapped') this.#world.gapped.add(view.sessionId)
    // F34: for the store a run is over whose start or stop was not answered in time.
    if (view.run !== undefined && view.error?.includes('did not answer')) this.#world.stopped.add(view.run)
    if (view.endReason !== 'interrupted') return
    this.#world.blurred.add(view.sessionId)
    if (far.run === view.run) far.end()
  }

  /** What the agent said of the session itself. */
  #knowsAll(view: AgentSession, far: FarSession): void {
    const world = this.#world
    if (world.blurred.has(far.sessionId) || world.gapped.has(far.sessionId) || world.purged.has(far.sessionId)) return
    // What was told of a run that was stopped may have been lost with it.
    if (far.log.some(({ run }) => world.stopped.has(run) || far.stopped.has(run))) return
    const { messages, title, costUsd } = expectedTranscript(far.log)
    if (view.title !== title) world.violate(`promise 3: ${view.sessionId} is titled ${view.title}, and was told ${title}`)
    if (Math.abs(view.costUsd - costUsd) > 1e-9) world.violate(`promise 2: ${view.sessionId} has cost ${view.costUsd}, and was told ${costUsd}`)
    for (const { id, toolState } of messages) {
      const shown = view.findMessage(id)?.toolState
      if (toolState !== undefined && shown !== toolState) world.violate(`promise 13: the call ${id} is ${shown}, and was told to be ${toolState}`)
    }
  }
}

function seen(view: AgentSession): Seen {
  return {
    messages: new Map(view.messages.map((message) => [message.id, message])),
    firstSeqId: view.messageAt(0)?.seqId ?? 0,
    record: view.record,
    live: view.live,
    current: view.current,
  }
}
