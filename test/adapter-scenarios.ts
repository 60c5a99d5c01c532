// What each adapter must do, told once for all of them. Each adapter's tests give a page of compiled components, in the
// words of its framework.

import { animationFrame, createAgentStore, type AgentSession, type AgentStore } from '@agent-session/core'
import { createManualClock, createScriptedTransport, type ManualClock, type ScriptedTransport } from '@agent-session/core/testing'

/** What the components of a page are given. */
export interface PageProps {
  readonly store: AgentStore
  readonly projectId: string
  /** Called by each reader whenever it runs: `status`, `count`, or `row:` and the id of a message. Gives back what it shows. */
  readonly ran: <Shown>(reader: string, shown: Shown) => Shown
}

/**
 * A page on the screen. It shows the session's status in `[data-part=status]`, and in 20 more readers in `[data-part=again]`; `messageCount` in `[data-part=count]`,
 * `connection.state` in `[data-part=connection]`, a row `[data-part=row]` for each message in a keyed list, and a button
 * for each option of each pending permission, by its label.
 */
export interface Page {
  readonly element: Element
  show(projectId: string): Promise<void>
  unmount(): Promise<void>
}

export interface Scenario {
  readonly name: string
  run(world: World): Promise<void>
}

export type Mount<Props = PageProps> = (props: Props) => Promise<Page>

/** How many subscriptions of a store and its sessions are held, by what they are of. */
export class Subscriptions {
  readonly held = new Map<string, number>()

  get total(): number {
    return [...this.held.values()].reduce((sum, count) => sum + count, 0)
  }

  of(what: string): number {
    return this.held.get(what) ?? 0
  }

  counted(what: string, unsubscribe: () => void): () => void {
    this.held.set(what, this.of(what) + 1)
    return () => {
      this.held.set(what, this.of(what) - 1)
      unsubscribe()
    }
  }

  /** Counts from now on what is subscribed of a store, and of its sessions as `getSession` gives them. */
  watch(store: AgentStore): void {
    const { getSession, subscribeProject, on } = store
    store.subscribeProject = (projectId, listener) => this.counted('project', subscribeProject.call(store, projectId, listener))
    store.on = (event, listener) => this.counted(event, on.call(store, event, listener))
    store.getSession = (projectId) => {
      const session = getSession.call(store, projectId)
      if (session && !Object.hasOwn(session, 'subscribe')) this.#watchSession(session)
      return session
    }
  }

  #watchSession(session: AgentSession): void {
    const { subscribe, subscribeMessage } = session
    session.subscribe = (listener) => this.counted('session', subscribe.call(session, listener))
    session.subscribeMessage = (id, listener) => this.counted('message', subscribeMessage.call(session, id, listener))
  }
}

/** A store on a clock that stands still, an agent that says what it is told to, and a page. */
export class World {
  readonly clock: ManualClock = createManualClock()
  readonly transport: ScriptedTransport = createScriptedTransport({ clock: this.clock, reply: () => this.#held })
  readonly store: AgentStore
  readonly subscriptions = new Subscriptions()
  readonly #runs = new Map<string, number>()
  #held: Promise<{ ok: true }> | undefined
  readonly mount: Mount

  /** `schedule`: as the store takes it. */
  constructor(mount: Mount, schedule?: (run: () => void) => void) {
    this.mount = mount
    this.store = createAgentStore({ transport: this.transport, clock: this.clock, ...(schedule && { schedule }) })
    this.subscriptions.watch(this.store)
  }

  /** The transport does not answer until the function that this gives is called. */
  hold(): () => void {
    let accept = (): void => {}
    this.#held = new Promise((resolve) => (accept = () => resolve({ ok: true })))
    return () => {
      this.#held = undefined
      accept()
    }
  }

  async start(projectId: string, prompt = 'hello'): Promise<AgentSession> {
    const started = await this.store.start(projectId, { provider: 'scripted', prompt, ifRunning: 'stop' })
    const session = this.store.getSession(projectId)
    if (!started.ok || session === undefined) throw new Error('The session did not start.')
    return session
  }

  async open(projectId = 'one'): Promise<Page> {
    const page = await this.mount({
      store: this.store,
      projectId,
      ran: (reader, shown) => {
        this.#runs.set(reader, this.runs(reader) + 1)
        return shown
      },
    })
    await this.clock.settle()
    return page
  }

  /** How often a reader ran since `forget`. */
  runs(reader: string): number {
    return this.#runs.get(reader) ?? 0
  }

  /** All readers that ran since `forget`. */
  get ran(): readonly string[] {
    return [...this.#runs.keys()].sort()
  }

  forget(): void {
    this.#runs.clear()
  }

  /** Tells the store an event of a session, and lets the screen follow. */
  async tell(session: AgentSession, event: Record<string, unknown>): Promise<void> {
    this.transport.emit({ sessionId: session.sessionId, ...event })
    await this.clock.settle()
  }

  /** `count` whole messages of the agent, with ids m1, m2, … */
  fill(session: AgentSession, count: number): Promise<void> {
    const messages = Array.from({ length: count }, (_, index) => ({
      id: `m${index + 1}`,
      type: 'text',
      content: { text: `message ${index + 1}` },
      timestamp: 0,
    }))
    return this.tell(session, { type: 'message', messages })
  }
}

export function equal(actual: unknown, expected: unknown, what: string): void {
  const [shown, wanted] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (shown !== wanted) throw new Error(`${what}: expected ${wanted}, but it is ${shown}`)
}

const nextFrame = (): Promise<unknown> => new Promise(requestAnimationFrame)

/** Lets the page do what else it has to do, such as a frame. */
function nextTask(): Promise<unknown> {
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve) => {
    port1.addEventListener('message', resolve, { once: true })
    port1.start()
    port2.postMessage(undefined)
  }).finally(() => port1.close())
}

const texts = (page: Page, part: string): (string | null)[] =>
  [...page.element.querySelectorAll(`[data-part=${part}]`)].map(({ textContent }) => textContent)

export const scenarios: readonly Scenario[] = [
  {
    name: 'shows the session of a project, and what becomes of it',
    async run(world) {
      const session = await world.start('one')
      const page = await world.open()
      equal(texts(page, 'status'), ['running'], 'status')
      equal(texts(page, 'row'), ['hello'], 'rows')
      await world.fill(session, 2)
      await world.tell(session, { type: 'status', status: 'done' })
      equal(texts(page, 'status'), ['done'], 'status')
      equal(texts(page, 'row'), ['hello', 'message 1', 'message 2'], 'rows')
      equal(texts(page, 'count'), ['3'], 'count')
    },
  },
  {
    name: 'shows that a project has no session, then its first',
    async run(world) {
      const page = await world.open()
      equal([texts(page, 'status'), texts(page, 'row'), texts(page, 'count')], [['none'], [], ['0']], 'without a session')
      await world.start('one')
      await world.clock.settle()
      equal([texts(page, 'status'), texts(page, 'row'), texts(page, 'count')], [['running'], ['hello'], ['1']], 'with one')
    },
  },
  {
    name: 'a delta runs the reader of its row alone, among 2,000',
    async run(world) {
      const session = await world.start('one')
      await world.fill(session, 1_998)
      await world.tell(session, { type: 'delta', id: 'stream', kind: 'text', text: 'a', offset: 0 })
      const page = await world.open()
      equal(texts(page, 'row').length, 2_000, 'rows')
      world.forget()
      await world.tell(session, { type: 'delta', id: 'stream', kind: 'text', text: 'b', offset: 1 })
      equal(world.ran, ['row:stream'], 'readers that ran')
      equal(world.runs('row:stream'), 1, 'runs of the row')
      equal(texts(page, 'row').at(-1), 'ab', 'the last row')
    },
  },
  {
    name: 'a message that comes makes one row, and leaves the others',
    async run(world) {
      const session = await world.start('one')
      await world.fill(session, 50)
      await world.open()
      world.forget()
      await world.tell(session, { type: 'message', messages: [{ id: 'new', type: 'text', content: { text: 'new' }, timestamp: 0 }] })
      equal(world.ran, ['count', 'row:new'], 'readers that ran')
    },
  },
  {
    name: 'many changes between two notices are one run',
    async run(world) {
      const session = await world.start('one')
      const page = await world.open()
      world.forget()
      for (let offset = 0; offset < 500; offset += 1) {
        world.transport.emit({ sessionId: session.sessionId, type: 'delta', id: 'stream', kind: 'text', text: 'x', offset })
      }
      await world.clock.settle()
      equal([world.runs('row:stream'), world.runs('count')], [1, 1], 'runs of the row and of the count')
      equal(texts(page, 'row').at(-1)?.length, 500, 'length of the row')
    },
  },
  {
    name: 'many changes between two frames are one run, with a scheduler that is given',
    async run({ mount }) {
      const frames: (() => void)[] = []
      const world = new World(mount, (run) => frames.push(run))
      const frame = async (): Promise<void> => {
        for (const run of frames.splice(0)) run()
        await world.clock.settle()
      }
      const session = await world.start('one')
      await frame()
      const page = await world.open()
      world.forget()
      for (let offset = 0; offset < 50; offset += 1) await world.tell(session, { type: 'delta', id: 'stream', kind: 'text', text: 'x', offset })
      equal([world.ran, frames.length], [[], 1], 'readers that ran before the frame, and frames that were asked for')
      await frame()
      equal([world.runs('row:stream'), texts(page, 'row').at(-1)?.length], [1, 50], 'runs of the row, and its length')
      await page.unmount()
      await world.store.dispose()
    },
  },
  {
    name: 'what streams is shown at most once a frame of the browser',
    async run({ mount }) {
      const world = new World(mount, animationFrame)
      const session = await world.start('one')
      const page = await world.open()
      await nextFrame()
      world.forget()
      const began = performance.now()
      let length = 0
      const frames: number[] = []
      const noteFrame = (at: number): unknown => frames.push(at) < 10 && requestAnimationFrame(noteFrame)
      requestAnimationFrame(noteFrame)
      while (frames.length < 10) {
        await nextTask()
        world.transport.emit({ sessionId: session.sessionId, type: 'delta', id: 'stream', kind: 'text', text: 'x', offset: length })
        length += 1
      }
      await nextFrame()
      await nextFrame()
      // Where a frame takes longer than 100 ms, on a machine with much to do, notices do not wait for it.
      const most = frames.length + 2 + Math.floor((performance.now() - began) / 100)
      equal([world.runs('row:stream') <= most, length > most], [true, true], `runs of the row (${world.runs('row:stream')}) in ${frames.length} frames, of ${length} deltas`)
      equal(texts(page, 'row').at(-1)?.length, length, 'length of the row')
      await page.unmount()
      await world.store.dispose()
    },
  },
  {
    name: 'a message that is taken back loses its row',
    async run(world) {
      const session = await world.start('one')
      await world.fill(session, 3)
      const page = await world.open()
      await world.tell(session, { type: 'retract', ids: ['m2'] })
      equal(texts(page, 'row'), ['hello', 'message 1', 'message 3'], 'rows')
      equal(world.subscriptions.of('message'), 3, 'subscribed messages')
    },
  },
  {
    name: 'subscribes a part once, however many read it',
    async run(world) {
      const session = await world.start('one')
      await world.fill(session, 5)
      const page = await world.open()
      equal(texts(page, 'again'), Array.from({ length: 20 }, () => 'running'), 'other readers of the status')
      // Status, permissions, what messages there are, how many, and whether it is current.
      equal(world.subscriptions.of('session') <= 5, true, 'no more subscriptions of the session than parts are read')
      equal(world.subscriptions.of('project') <= 1, true, 'no more than one subscription of the project')
      equal(world.subscriptions.of('connection'), 1, 'subscriptions of the connection')
      equal(world.subscriptions.of('message'), 6, 'subscriptions of messages')
    },
  },
  {
    name: 'follows the project when it changes',
    async run(world) {
      await world.start('one', 'first')
      await world.start('two', 'second')
      const page = await world.open('one')
      equal(texts(page, 'row'), ['first'], 'rows')
      const before = world.subscriptions.total
      await page.show('two')
      equal(texts(page, 'row'), ['second'], 'rows of the other project')
      equal(world.subscriptions.total, before, 'subscriptions')
      await page.show('one')
      equal(texts(page, 'row'), ['first'], 'rows of the first project again')
    },
  },
  {
    name: 'shows nothing of another project',
    async run(world) {
      await world.start('one', 'first')
      const other = await world.start('two', 'second')
      const page = await world.open('one')
      world.forget()
      await world.fill(other, 3)
      await world.tell(other, { type: 'status', status: 'done' })
      equal(world.ran, [], 'readers that ran')
      equal(texts(page, 'row'), ['first'], 'rows')
    },
  },
  {
    name: 'follows the project to another session',
    async run(world) {
      const first = await world.start('one', 'first')
      const page = await world.open()
      const before = world.subscriptions.total
      await world.start('one', 'second')
      await world.clock.settle()
      equal(texts(page, 'row'), ['second'], 'rows')
      equal(texts(page, 'status'), ['running'], 'status')
      world.forget()
      await world.tell(first, { type: 'session', title: 'late' })
      equal(world.ran, [], 'readers that ran for the session before')
      equal(world.subscriptions.total, before, 'subscriptions')
    },
  },
  {
    name: 'goes on showing the last session after cleanup, and a prompt continues it',
    async run(world) {
      const session = await world.start('one', 'first')
      const page = await world.open()
      await world.tell(session, { type: 'status', status: 'done' })
      await world.clock.advance(120_000)
      equal(world.store.hasSession('one'), false, 'the project has a session')
      equal([texts(page, 'row'), texts(page, 'status')], [['first'], ['done']], 'on screen')
      await session.prompt('more')
      await world.clock.settle()
      equal([texts(page, 'row'), texts(page, 'status')], [['first', 'more'], ['running']], 'on screen')
    },
  },
  {
    name: 'remembers the last session of a project that was out of sight',
    async run(world) {
      const session = await world.start('one', 'first')
      const page = await world.open()
      await page.show('two')
      await world.tell(session, { type: 'status', status: 'done' })
      await world.clock.advance(120_000)
      await page.show('one')
      equal([texts(page, 'row'), texts(page, 'status')], [['first'], ['done']], 'on screen')
    },
  },
  {
    name: 'lets go of a session that is purged, after cleanup too',
    async run(world) {
      const session = await world.start('one', 'first')
      const page = await world.open()
      await world.tell(session, { type: 'status', status: 'done' })
      await world.clock.advance(120_000)
      await world.store.purge(session.sessionId)
      await world.clock.settle()
      equal([texts(page, 'row'), texts(page, 'status')], [[], ['none']], 'on screen')
    },
  },
  {
    name: 'answers a permission by a click',
    async run(world) {
      const session = await world.start('one')
      const page = await world.open()
      const options = [
        { id: 'yes', label: 'Allow', kind: 'allow_once' },
        { id: 'no', label: 'Reject', kind: 'reject_once' },
      ]
      await world.tell(session, { type: 'permission', request: { id: 'q', title: 'Run ls?', options } })
      const buttons = [...page.element.querySelectorAll('button')]
      equal(buttons.map(({ textContent }) => textContent?.trim()), ['Allow', 'Reject'], 'buttons')
      buttons[1]?.click()
      await world.clock.settle()
      equal(page.element.querySelectorAll('button').length, 0, 'buttons that are left')
      equal(world.transport.commands.at(-1), { type: 'respond', sessionId: session.sessionId, requestId: 'q', optionId: 'no' }, 'the answer')
    },
  },
  {
    name: 'shows the connection',
    async run(world) {
      await world.start('one')
      const page = await world.open()
      equal(texts(page, 'connection'), ['connected'], 'connection')
      world.forget()
      world.transport.emit({ type: 'connection', state: 'reconnecting' })
      await world.clock.settle()
      equal(texts(page, 'connection'), ['reconnecting'], 'connection')
      equal(world.ran, [], 'other readers that ran')
    },
  },
  {
    name: 'leaves no subscription behind',
    async run(world) {
      const session = await world.start('one')
      await world.fill(session, 5)
      const page = await world.open()
      await page.show('two')
      await page.show('one')
      await page.unmount()
      await world.clock.settle()
      equal(world.subscriptions.total, 0, 'subscriptions')
      world.forget()
      await world.fill(session, 6)
      equal(world.ran, [], 'readers that ran')
    },
  },
  {
    name: 'two pages of one session are told alike, and one may go',
    async run(world) {
      const session = await world.start('one')
      const [first, second] = [await world.open(), await world.open()]
      await first.unmount()
      await world.clock.settle()
      await world.fill(session, 1)
      equal(texts(second, 'row'), ['hello', 'message 1'], 'rows')
      await second.unmount()
      await world.clock.settle()
      equal(world.subscriptions.total, 0, 'subscriptions')
    },
  },
]
