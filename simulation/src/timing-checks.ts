import type { AgentSession, SessionMessage } from '@agent-session/core'
import type { Step } from './story.ts'
import type { World } from './world.ts'
import { limits } from './world-limits.ts'

interface Heard {
  readonly last: SessionMessage | undefined
  readonly run: string | undefined
  readonly stalled: boolean
  /** When a message came last, in monotonic ms; also when the machine woke. */
  readonly at: number
  readonly live: boolean
  /** It ran here and has ended; since then nobody has made it current. */
  readonly over: boolean
  /** No later than that it ended, in monotonic ms. */
  readonly endedFrom: number
  readonly current: boolean
}

/** A machine that slept for longer than this was not silent. */
const sleptMs = limits.stallMs + 30_000

/** What is told of silence, and when a project is free again (promises 7 and 13). */
export class TimingChecks {
  readonly #world: World
  #before = new Map<AgentSession, Heard>()
  /** When the step before ended: what a step brings comes no earlier. */
  #began = 0

  constructor(world: World) {
    this.#world = world
  }

  afterStep(step: Step | undefined): void {
    const before = this.#before
    // Also those that no agent has heard of yet: their silence counts from when they began.
    this.#before = new Map(this.#world.process.views().map((view) => [view, this.#listen(view, before.get(view), step)]))
    this.#began = this.#world.clock.monotonic()
  }

  /** Nobody has said or done anything for longer than every limit. */
  atRest(): void {
    for (const { view } of this.#world.sessions()) {
      if (view.live && view.status === 'running' && view.stall === undefined) this.#world.violate(`promise 13: ${view.sessionId} is silent, and does not show as stalled`)
      if (view.current && this.#before.get(view)?.over) this.#world.violate(`B19: ${view.sessionId} has ended, and its project is not free of it`)
    }
  }

  #listen(view: AgentSession, before: Heard | undefined, step: Step | undefined): Heard {
    const { lastMessage: last, run, live, sessionId } = view
    const now = this.#world.clock.monotonic()
    const stalled = view.stall !== undefined
    const slept = step?.name === 'sleep' && step.b % 7_200_000 > sleptMs
    const moved = before === undefined || before.last !== last || before.run !== run || before.live !== live
    const at = slept ? now : moved || before === undefined ? this.#began : before.at
    if (stalled && before?.stalled === false && step !== undefined) {
      if (slept) this.#world.violate(`F25: the machine slept, and ${sessionId} shows as stalled`)
      if (step.name === 'wait' && now - before.at < limits.stallMs) this.#world.violate(`promise 13: ${sessionId} shows as stalled ${now - before.at} ms after it was heard`)
    }
    if (stalled && before?.stalled && before.last !== last && step?.name.startsWith('deliver')) {
      this.#world.violate(`promise 13: ${sessionId} is heard, and shows as stalled`)
    }
    const ended = before?.live === true && !live && view.endReason !== 'interrupted'
    const endedFrom = ended ? this.#began : (before?.endedFrom ?? 0)
    const freed = before?.current === true && !view.current && !this.#world.store.hasSession(view.projectId)
    if (freed && (ended || before?.over) && step !== undefined && step.name !== 'clear' && now - endedFrom < limits.cleanupMs) {
      this.#world.violate(`B19: the project of ${sessionId} is free of it ${now - endedFrom} ms after its end`)
    }
    const chosen = step?.name === 'select' || !view.current
    return { last, run, stalled, at, live, over: ended || (before?.over === true && !live && !chosen), endedFrom, current: view.current }
  }
}
