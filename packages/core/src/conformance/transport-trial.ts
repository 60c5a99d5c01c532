import { nextMacrotask, waitingClock } from '../defaults/system-clock.ts'
import { createMemoryStorage } from '../defaults/memory-storage.ts'
import { errorText, type AgentSessionError } from '../errors.ts'
import type { AgentEvent, AgentSessionEvent, PermissionEvent, StatusEvent } from '../ports/agent-event.ts'
import type { PermissionAnswer, PromptCommand, Reply, SessionContext, StartCommand } from '../ports/agent-transport.ts'
import type { Clock } from '../ports/clock.ts'
import type { SessionStorage } from '../ports/session-storage.ts'
import type { AgentSession } from '../session/agent-session.ts'
import type { AgentStore } from '../store/agent-store.ts'
import { createAgentStore } from '../store/create-agent-store.ts'
import { within } from '../timers/deadline.ts'
import { expectTrue } from './expectations.ts'
import type { TransportSetup, TransportUnderTest } from './transport-setup.ts'

const defaultPatienceMs = 10_000

/** Whether an event ends its run. */
export const isEnd = (event: AgentEvent): event is StatusEvent => event.type === 'status' && (event.status === 'done' || event.status === 'error')

/** A transport on trial: all that it tells, its commands with short names, and waiting that has an end. */
export class Trial {
  readonly under: TransportUnderTest
  readonly events: AgentEvent[] = []
  readonly reports: AgentSessionError[] = []
  readonly #setup: TransportSetup
  readonly #life: number
  readonly #unsubscribe: () => void
  readonly #looks = new Set<() => void>()
  readonly #stores: AgentStore[] = []
  #closed: Promise<void> | undefined
  #isDisposed = false

  /** `life`: how often the app was started, so that no id is given twice. */
  constructor(under: TransportUnderTest, setup: TransportSetup, life = 1) {
    this.under = under
    this.#life = life
    this.#setup = setup
    this.#unsubscribe = under.transport.subscribe((event) => {
      this.events.push(event)
      for (const look of this.#looks) look()
    })
  }

  get context(): SessionContext {
    return { projectId: 'project', provider: 'agent', ...this.#setup.start }
  }

  start(run = 'run-1', more: Partial<StartCommand> = {}): Promise<Reply> {
    const command = { ...this.context, sessionId: 'session', run, prompt: 'Say hello', messageId: `${run}-prompt`, ...more }
    return this.reply('start', () => this.under.transport.start(command))
  }

  prompt(run: string, more: Partial<PromptCommand> = {}): Promise<Reply> {
    const command = { sessionId: 'session', run, prompt: 'And again', messageId: `${run}-prompt`, session: this.context, ...more }
    return this.reply('prompt', () => this.under.transport.prompt(command))
  }

  stop(run = 'run-1', sessionId = 'session'): Promise<Reply> {
    return this.reply('stop', () => this.under.transport.stop({ sessionId, run }))
  }

  respond(requestId: string, more: Partial<PermissionAnswer> = {}): Promise<Reply> {
    return this.reply('respond', async () => {
      const { transport } = this.under
      expectTrue(transport.respond !== undefined, 'the agent asks, so there must be a `respond`')
      return (await transport.respond?.({ sessionId: 'session', requestId, ...more })) ?? { ok: false, error: 'no respond' }
    })
  }

  /** A reply that comes in time, is one, and did not come as an exception: a refusal is a value. */
  async reply(what: string, call: () => Promise<Reply>): Promise<Reply> {
    const reply: unknown = await this.settles(what, async () => {
      try {
        return await call()
      } catch (thrown) {
        throw new Error(`${what} must be answered, with { ok: false, error } where it is refused; it threw: ${errorText(thrown)}`, { cause: thrown })
      }
    })
    if (!isReply(reply)) throw new Error(`${what} must be answered by { ok: true } or { ok: false, error }, got ${JSON.stringify(reply)}`)
    if (!reply.ok) {
      expectTrue(typeof reply.error === 'string' && reply.error.trim() !== '', `${what} was refused without words`)
      expectTrue(reply.code === undefined || typeof reply.code === 'string', `the code of a refused ${what} must be a word`)
    }
    return reply
  }

  async accepted(what: string, reply: Promise<Reply>): Promise<void> {
    const given = await reply
    if (!given.ok) throw new Error(`${what} was refused: ${given.error}`)
  }

  async refused(what: string, reply: Promise<Reply>): Promise<Extract<Reply, { ok: false }>> {
    const given = await reply
    if (given.ok) throw new Error(`${what} was accepted, where it had to be refused`)
    expectTrue(given.code !== undefined && given.code !== '', `${what} was refused without a code: "${given.error}"`)
    return given
  }

  /** Rejects where the work takes too long. */
  async settles<Value>(what: string, work: () => Promise<Value>): Promise<Value> {
    const settled = await within(this.#clock, this.#patienceMs, work())
    if (!settled.timely) throw new Error(`${what} never settled`)
    return settled.value
  }

  /** Waits until something is so; looks again after each event. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    let tell = (): void => {}
    const happened = new Promise<void>((resolve) => {
      tell = () => {
        // What an event sets off in the store or in a promise is looked at, too.
        if (isSo()) resolve()
        else void nextMacrotask().then(() => (isSo() ? resolve() : undefined))
      }
    })
    this.#looks.add(tell)
    tell()
    try {
      const outcome = await within(this.#clock, this.#patienceMs, happened)
      if (!outcome.timely) throw new Error(`it never came to this: ${what}. Told were: ${this.#outline()}`)
    } finally {
      this.#looks.delete(tell)
    }
  }

  /** The event that ends a run. */
  async ended(run: string): Promise<StatusEvent> {
    await this.until(`a status event that ends ${run}`, () => this.ends(run).length > 0)
    const [end] = this.ends(run)
    if (end === undefined) throw new Error(`${run} did not end`)
    return end
  }

  ends(run: string): StatusEvent[] {
    return this.ofRun(run).filter(isEnd)
  }

  async question(): Promise<PermissionEvent> {
    const asked = (): PermissionEvent | undefined => this.events.find((event) => event.type === 'permission')
    await this.until('a permission event', () => asked() !== undefined)
    const question = asked()
    if (question === undefined) throw new Error('nothing was asked')
    return question
  }

  ofRun(run: string): AgentSessionEvent[] {
    return this.events.filter((event): event is AgentSessionEvent => event.type !== 'connection' && event.run === run)
  }

  /** Lets everything that can happen at once happen. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn += 1) await nextMacrotask()
  }

  /** A store on the transport; it never gives up on anything by itself, since its clock stands still. */
  store(storage: SessionStorage = createMemoryStorage()): AgentStore {
    let ids = 0
    const { transport } = this.under
    // The trial closes the transport itself, so that it can look at what is left.
    const lasting = new Proxy(transport, { get: (target, name) => (name === 'close' ? undefined : bound(target, name)) })
    const store = createAgentStore({ transport: lasting, storage, clock: standingClock(this.#clock.now()), newId: () => `id-${this.#life}-${(ids += 1)}` })
    for (const event of ['warning', 'error'] as const) store.on(event, (report) => this.reports.push(report))
    this.#stores.push(store)
    return store
  }

  /** A session that was started through a store. */
  async startedSession(store: AgentStore): Promise<AgentSession> {
    const { projectId, ...options } = this.context
    const started = await this.settles('start', () => store.start(projectId, { ...options, prompt: 'Say hello' }))
    if (!started.ok) throw new Error(`the start was refused: ${started.error}`)
    const session = store.findSession(started.sessionId)
    if (session === undefined) throw new Error('the session is not there')
    return session
  }

  async over(session: AgentSession): Promise<void> {
    await this.until('the end of the run', () => !session.live)
  }

  /** Another transport to the same agent; `undefined` where the agent remembers nothing. */
  async reopen(): Promise<Trial | undefined> {
    const under = await this.under.reopen?.()
    return under && new Trial(under, this.#setup, this.#life + 1)
  }

  close(): Promise<void> {
    this.#closed ??= this.settles('close', async () => this.under.transport.close?.())
    return this.#closed
  }

  /** Once more changes nothing. */
  async end(): Promise<void> {
    for (const store of this.#stores.splice(0)) await this.settles('the end of the store', () => store.dispose())
    this.#unsubscribe()
    await this.close()
    const { dispose } = this.under
    if (!this.#isDisposed) await dispose?.call(this.under)
    this.#isDisposed = true
  }

  get #clock(): Clock {
    return this.#setup.clock ?? waitingClock
  }

  get #patienceMs(): number {
    return this.#setup.patienceMs ?? defaultPatienceMs
  }

  #outline(): string {
    const told = this.events.slice(-20).map((event) => (event.type === 'status' ? `status ${event.status}` : event.type))
    return told.length > 0 ? told.join(', ') : 'nothing'
  }
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name)
  return typeof value === 'function' ? value.bind(target) : value
}

const isReply = (value: unknown): value is Reply =>
  typeof value === 'object' && value !== null && 'ok' in value && (value.ok === true || (value.ok === false && 'error' in value))

/** Shows the time, and no timer of it ever fires. */
export function standingClock(now: number): Clock {
  return { now: () => now, monotonic: () => 0, setTimeout: () => undefined, clearTimeout: () => {} }
}
