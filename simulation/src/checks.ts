import { isDeepStrictEqual } from 'node:util'
import type { AgentSession, MessageRecord, SessionMessage } from '@agent-session/core'
import { expectedTranscript } from './expected-transcript.ts'
import type { FarSession } from './far-side.ts'
import type { World } from './world.ts'

/** How a session looked after the step before. */
type Seen = ReadonlyMap<string, SessionMessage>

/** Timers that a process may have armed: for each session stall, cleanup, save and gap, calls that wait, and a few of its own. */
const timersFor = (sessions: number, windows: number): number => 30 + 10 * sessions + 10 * windows

/** What holds after every step, whatever happened. */
export class Checks {
  readonly #world: World
  readonly #seen = new Map<AgentSession, Seen>()

  constructor(world: World) {
    this.#world = world
  }

  afterStep(): void {
    const world = this.#world
    const sessions = world.sessions()
    for (const { view, far } of sessions) {
      this.#noteLies(view, far)
      this.#inOrder(view)
      this.#ownAlone(view)
      this.#stoppedForGood(view)
      this.#keepsIdentity(view)
    }
    const { armed } = world.process.clock
    if (armed > timersFor(sessions.length, world.windows.length)) world.violate(`promise 7: ${armed} timers for ${sessions.length} sessions`)
    for (const { whole, mirror } of world.windows) {
      if (!whole || mirror.connection.state !== 'connected') continue
      // A window is sent what is live or current, and what it asked for.
      for (const { view } of sessions) if (view.live || view.current) this.#mirrors(view, mirror.findSession(view.sessionId))
    }
  }

  /** What is on disk is what the agent had said up to the cursor beside it: neither more nor less (promises 2, 3 and 4). */
  async disk(): Promise<void> {
    for (const far of this.#world.far.sessions.values()) {
      const cursor = await this.#world.disk.cursor(far.sessionId)
      const stored = await this.#world.disk.messages(far.sessionId)
      if (stored.length === 0) continue
      this.#asTold(far, stored, cursor?.seq ?? 0, 'promise 4: on disk')
    }
  }

  /** All is healed and has come to rest: nothing is unsaved, and everything the agents said is there (promises 3, 6 and 13). */
  async atTheEnd(): Promise<void> {
    const world = this.#world
    for (const { view, far } of world.sessions()) {
      this.#noteLies(view, far)
      if (view.saved !== 'saved') world.violate(`promise 5: ${view.sessionId} is still ${view.saved} at the end`)
      while (view.hasOlder) if ((await view.loadOlder(1_000)) === 0) break
      const stored = await world.disk.messages(view.sessionId)
      const shown = view.messages
      if (!isDeepStrictEqual(shown.map(lasting), stored.map(lasting))) {
        world.violate(`promise 3: ${view.sessionId} shows other messages than are stored:${differences(shown, stored)}`)
      }
      if (view.live) continue
      const open = shown.filter(({ streaming, toolState }) => streaming === true || toolState === 'running')
      if (open.length > 0) world.violate(`promise 13: ${view.sessionId} has ended, and ${open.map(({ id }) => id).join(', ')} has not`)
      if (view.permissions.some(({ state }) => state === 'pending')) world.violate(`promise 13: ${view.sessionId} has ended, and asks still`)
    }
    for (const { view, far } of world.sessions()) {
      if (far.run === undefined && view.live) world.violate(`promise 13: ${view.sessionId} says "${view.status}", its agent has ended`)
      this.#asTold(far, view.messages, Number.POSITIVE_INFINITY, 'promise 3: at the end')
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

  /** A message that is as it was is the same object. */
  #keepsIdentity(view: AgentSession): void {
    const before = this.#seen.get(view)
    const now = new Map(view.messages.map((message) => [message.id, message]))
    this.#seen.set(view, now)
    for (const [id, message] of before ?? []) {
      const after = now.get(id)
      if (after === undefined || after === message || !isDeepStrictEqual(after, message)) continue
      this.#world.violate(`promise 10: ${id} is another object and says the same`)
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

  /** A session that says that something is missing is not held to it, and its agent is let go. */
  #noteLies(view: AgentSession, far: FarSession): void {
    if (view.continuity === 'gapped') this.#world.blurred.add(view.sessionId)
    if (view.endReason !== 'interrupted') return
    this.#world.blurred.add(view.sessionId)
    if (far.run === view.run) far.end()
  }

  #asTold(far: FarSession, found: readonly MessageRecord[], upTo: number, where: string): void {
    const world = this.#world
    if (world.purged.has(far.sessionId)) return
    const { messages, retracted } = expectedTranscript(far.log, upTo)
    const blurred = (run: string): boolean => world.blurred.has(far.sessionId) || world.stopped.has(run)
    const told = new Map(messages.map((message) => [message.id, message]))
    const own = found.filter(({ id }) => id.startsWith(`${far.sessionId}:`))
    const places = new Map(messages.map(({ id }, index) => [id, index]))
    const here = new Set(own.map(({ id }) => id))
    const complain = (what: string): void => world.violate(`${where}, ${far.sessionId}: ${what}`)
    let place = -1
    for (const { id, content } of own) {
      const expected = told.get(id)
      if (expected === undefined) {
        if (retracted.has(id) ? !far.log.some(({ run }) => blurred(run)) : !world.blurred.has(far.sessionId)) {
          complain(retracted.has(id) ? `${id} was retracted and is there` : `${id} is there before it was told`)
        }
        continue
      }
      const at = places.get(id) ?? -1
      if (at < place && !world.blurred.has(far.sessionId)) complain(`${id} is out of its place`)
      place = at
      if (expected.content === undefined || content === expected.content) continue
      if (blurred(expected.run) && (expected.content.startsWith(content) || world.blurred.has(far.sessionId))) continue
      complain(`${id} reads "${content}", and was told as "${expected.content}"`)
    }
    for (const { id, run } of messages) if (!here.has(id) && !blurred(run)) complain(`${id} is lost`)
  }
}

/** What of a message is stored as it is shown: that it goes on is known of a page that is read back only by its run. */
function lasting(message: SessionMessage): unknown {
  const { streaming: _streaming, cut: _cut, toolState: _toolState, ...rest } = message
  return JSON.parse(JSON.stringify(rest))
}

function differences(shown: readonly SessionMessage[], stored: readonly MessageRecord[]): string {
  const byId = new Map(stored.map((message) => [message.id, message]))
  const lines = shown.flatMap((message) => {
    const other = byId.get(message.id)
    byId.delete(message.id)
    if (other === undefined) return [`not stored: ${JSON.stringify(message)}`]
    return isDeepStrictEqual(lasting(message), lasting(other)) ? [] : [`${JSON.stringify(message)} / ${JSON.stringify(other)}`]
  })
  return ['', ...lines, ...[...byId.keys()].map((id) => `stored alone: ${id}`)].join('\n    ')
}
