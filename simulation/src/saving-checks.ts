import { isDeepStrictEqual } from 'node:util'
import type { AgentSession, MessageRecord, SessionRecord } from '@agent-session/core'
import { differences, lasting } from './lasting.ts'
import type { Step } from './story.ts'
import type { World } from './world.ts'
import { limits } from './world-limits.ts'

interface Saved {
  readonly live: boolean
  readonly run: string | undefined
  readonly acknowledged: number
  /** Since when something waits to be saved, in monotonic ms; `undefined` where nothing does or the storage fails. */
  readonly waitsFrom: number | undefined
}

/** What is saved, when, and what is said of it (promises 3, 5, 6 and 13). */
export class SavingChecks {
  readonly #world: World
  #before = new Map<AgentSession, Saved>()

  constructor(world: World) {
    this.#world = world
  }

  async afterStep(step: Step | undefined): Promise<void> {
    const before = this.#before
    this.#before = new Map()
    for (const { view } of this.#world.sessions()) {
      const known = before.get(view)
      if (known === undefined) this.#world.process.attempts.forget(view.sessionId)
      else await this.#atOnce(view, known)
      this.#before.set(view, this.#look(view, known))
      this.#tellsFailure(view)
    }
    const { store, attempts } = this.#world.process
    for (const id of this.#world.far.sessions.keys()) if (store.findSession(id) === undefined) attempts.forget(id)
    if (step === undefined || !this.#world.steady) return
    if (step.name === 'hide') for (const { view } of this.#world.sessions()) if (view.saved !== 'saved') this.#world.violate(`promise 3: ${view.sessionId} is ${view.saved} in a page that is hidden`)
    if (step.name === 'wait' || step.name === 'loadOlder') for (const { view } of this.#world.sessions()) if (view.saved === 'saved') await this.isOnDisk(view, 'promise 13: said to be saved')
  }

  /** Holds what is in memory of a session against what is stored. */
  async isOnDisk(view: AgentSession, where: string): Promise<void> {
    const { disk } = this.#world
    const { sessionId, messages } = view
    const kept = await disk.session(sessionId)
    if (kept === undefined) return this.#world.violate(`${where}, ${sessionId} is not stored`)
    // What is open, and what is asked for, is for who reads it back.
    const { open: goingOn = [], asked: _asked, ...record } = kept
    const wrong = differingFields(view.record, record)
    if (wrong.length > 0) return this.#world.violate(`${where}, ${sessionId} is stored with another ${wrong.join(', ')}`)
    const stored = await disk.messages(sessionId)
    const unknown = stored.find((message) => isOpen(message) && !goingOn.includes(message.seqId))
    if (unknown !== undefined && record.status === 'running') return this.#world.violate(`${where}, ${sessionId}: ${unknown.id} is stored as going on, and its record does not say so`)
    const first = messages[0]?.seqId ?? Number.POSITIVE_INFINITY
    const beside = stored.filter(({ seqId }) => seqId >= first)
    if (!isDeepStrictEqual(messages.map(lasting), beside.map(lasting))) this.#world.violate(`${where}, ${sessionId}: the messages differ:${differences(messages, beside)}`)
    const older = stored.length > beside.length
    if (messages.length > 0 && view.hasOlder !== older) this.#world.violate(`${where}, ${sessionId}: there are ${older ? '' : 'no '}older messages, and it says otherwise`)
    const open = messages.some(isOpen)
    const most = limits.residentMessages * 1.25 + (this.#world.pagedIn.get(view) ?? 0)
    if (!open && messages.length >= most + 1) this.#world.violate(`promise 14: ${sessionId} has ${messages.length} messages in memory, which holds ${most}`)
  }

  /** The begin and the end of a run are saved at once. */
  async #atOnce(view: AgentSession, { live, run }: Saved): Promise<void> {
    if (!this.#world.steady || (view.live === live && view.run === run)) return
    const record = await this.#world.disk.session(view.sessionId)
    if (record?.run === view.run && record?.status === view.status && record.endReason === view.endReason) return
    this.#world.violate(`promise 3: ${view.sessionId} is ${view.status} in run ${view.run}, and stored as ${record?.status} in ${record?.run}`)
  }

  #look(view: AgentSession, before: Saved | undefined): Saved {
    const { clock, disk, steady } = this.#world
    const { sessionId, live, run, saved } = view
    const acknowledged = disk.acknowledged(sessionId)
    const isNew = before?.waitsFrom === undefined || before.acknowledged !== acknowledged
    const waitsFrom = saved === 'saved' || !steady ? undefined : isNew ? clock.monotonic() : before.waitsFrom
    if (waitsFrom !== undefined && clock.monotonic() - waitsFrom > limits.saveDelayMs) {
      this.#world.violate(`promise 5: ${sessionId} has waited ${clock.monotonic() - waitsFrom} ms to be saved`)
    }
    return { live, run, acknowledged, waitsFrom }
  }

  #tellsFailure({ sessionId, saved }: AgentSession): void {
    const { attempts } = this.#world.process
    if (attempts.flightMs(sessionId) > limits.commitTimeoutMs && saved !== 'failing') {
      this.#world.violate(`promise 6: a save of ${sessionId} takes ${attempts.flightMs(sessionId)} ms, and it says "${saved}"`)
    }
    if (attempts.idleMs(sessionId) > limits.retryMaxMs) this.#world.violate(`promise 6: ${sessionId} is not saved again for ${attempts.idleMs(sessionId)} ms after failure ${attempts.failures(sessionId)}`)
    if (attempts.failures(sessionId) === 0) return
    if (saved !== 'failing') this.#world.violate(`promise 6: the last save of ${sessionId} failed, and it says "${saved}"`)
    if (!attempts.wasTold(sessionId)) this.#world.violate(`promise 6: a save of ${sessionId} failed, and no event told of it`)
  }
}

/** The fields of two records that are not the same, once both are plain data. */
function differingFields(one: SessionRecord, other: SessionRecord): string[] {
  const [a, b]: Record<string, unknown>[] = [JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other))]
  return [...new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])].filter((field) => !isDeepStrictEqual(a?.[field], b?.[field]))
}

const isOpen = ({ streaming, toolState, delivery }: MessageRecord): boolean => streaming === true || toolState === 'running' || delivery === 'sending'
