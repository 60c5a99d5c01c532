import { describe, expect, test } from 'vitest'
import type { AgentSession, CommandResult, PromptResult, RestoreResult, StartResult } from '../src/index.ts'
import { createScene as plainScene, project, restarted as restartedPlainly, type Scene, type SceneOptions } from './scene.ts'
import table from './lifecycle-table.json' with { type: 'json' }
import { must } from './must.ts'

/*
 * The lifecycle, cell by cell: in each state each command and each event, with what is answered and where it leads.
 * A state is brought about as a user would bring it about; nothing is set by hand. What is expected stands in
 * lifecycle-table.json, of which ARCHITECTURE.md shows the tables (scripts/lifecycle-table.mjs).
 */

const stateNames = [
  'none',
  'starting',
  'running',
  'waiting for permission',
  'stopping',
  'done',
  'error',
  'idle',
  'interrupted',
  'restored',
  'purged',
  'disposed',
] as const
type StateName = (typeof stateNames)[number]

interface Place {
  readonly scene: Scene
  /** The session that is in the state; absent where there is none. */
  readonly session?: AgentSession
  /** Lets the command that hangs in this state be answered. */
  readonly release: () => void
}

/** Agents that can do what an agent can. */
const capabilities = { fork: true, forget: true, logIn: true }
const createScene = (options: SceneOptions = {}): Scene => plainScene({ capabilities, ...options })
const restarted = (scene: Scene): Promise<Scene> => restartedPlainly(scene, { capabilities })

/** A transport that keeps its answers to one kind of command until it is told to give them. */
function holding(type: 'start' | 'stop'): { scene: Scene; release: () => void } {
  const kept: (() => void)[] = []
  const scene = createScene({ reply: (command) => (command.type === type ? new Promise((resolve) => kept.push(() => resolve({ ok: true }))) : undefined) })
  return {
    scene,
    release: () => {
      for (const answer of kept.splice(0)) answer()
    },
  }
}

const nothingHeld = (): void => {}

async function started(scene = createScene()): Promise<{ scene: Scene; session: AgentSession; release: () => void }> {
  const session = await scene.start()
  scene.agent(session).emit('session', { agentSessionId: 'its own' })
  return { scene, session, release: nothingHeld }
}

async function ended(status: string, fields = {}): Promise<Place> {
  const place = await started()
  place.scene.agent(place.session).status(status, fields)
  return place
}

async function backAfter(end: (place: { scene: Scene; session: AgentSession }) => unknown): Promise<Place> {
  const before = await started()
  await end(before)
  await before.scene.store.flush()
  const scene = await restarted(before.scene)
  await scene.store.restore(project)
  return { scene, session: must(scene.store.getSession(project)), release: nothingHeld }
}

const bringAbout: Record<StateName, () => Promise<Place>> = {
  none: async () => ({ scene: createScene(), release: nothingHeld }),
  starting: async () => {
    const { scene, release } = holding('start')
    void scene.store.start(project, { provider: 'claude', prompt: 'Hello' })
    await scene.clock.settle()
    return { scene, session: must(scene.store.getSession(project)), release }
  },
  running: () => started(),
  'waiting for permission': async () => {
    const place = await started()
    place.scene.agent(place.session).ask('q')
    return place
  },
  stopping: async () => {
    const { scene, release } = holding('stop')
    const session = await scene.start()
    scene.agent(session).emit('session', { agentSessionId: 'its own' })
    void session.stop()
    await scene.clock.settle()
    return { scene, session, release }
  },
  done: () => ended('done'),
  error: () => ended('error', { error: 'it broke' }),
  idle: () => ended('idle'),
  interrupted: () => backAfter(() => {}),
  restored: () => backAfter(({ session }) => session.stop()),
  purged: async () => {
    const place = await started()
    await place.scene.store.purge(place.session.sessionId)
    return place
  },
  disposed: async () => {
    const place = await started()
    await place.scene.store.dispose()
    return place
  },
}

/** What comes of a command: `ok`, or the code of its refusal; then the status, and what else tells where it led. */
interface Outcome {
  readonly answer: string
  readonly status: string | undefined
  readonly live: boolean | undefined
}

const answerOf = (result: StartResult | PromptResult | CommandResult): string => (result.ok ? ('queued' in result && result.queued ? 'queued' : 'ok') : result.code)

async function outcomeOf({ scene, session, release }: Place, command: () => Promise<string>): Promise<Outcome> {
  const pending = command()
  await scene.clock.settle()
  release()
  const answer = await pending
  await scene.clock.settle()
  return { answer, status: session?.status, live: session?.live }
}

type Command = (place: Place) => Promise<string>

const idOf = (session: AgentSession | undefined): string => session?.sessionId ?? 'nobody'

const starting =
  (ifRunning?: 'refuse' | 'stop' | 'background'): Command =>
  async ({ scene }) =>
    answerOf(await scene.store.start(project, { provider: 'claude', prompt: 'another', ...(ifRunning && { ifRunning }) }))

const commands = {
  'start': starting(),
  'start, stop': starting('stop'),
  'start, background': starting('background'),
  'prompt': async ({ scene }) => answerOf(await scene.store.prompt(project, 'next')),
  'session.prompt': async ({ scene, session }) => answerOf(await scene.store.promptSession(idOf(session), 'next')),
  'stop': async ({ scene }) => answerOf(await scene.store.stop(project)),
  'session.stop': async ({ scene, session }) => answerOf(await scene.store.stopSession(idOf(session))),
  'respond': async ({ scene, session }) => answerOf(await scene.store.respond(idOf(session), 'q', { optionId: 'allow' })),
  'withdraw': async ({ scene, session }) => answerOf(await scene.store.withdraw(idOf(session), 'no such prompt')),
  'select': async ({ scene, session }) => answerOf(await scene.store.select(project, idOf(session))),
  'clear': async ({ scene }) => answerOf(await scene.store.clear(project)),
  'purge': async ({ scene, session }) => answerOf(await scene.store.purge(idOf(session))),
  'purge, forget': async ({ scene, session }) => answerOf(await scene.store.purge(idOf(session), { forget: true })),
  'fork': async ({ scene, session }) => answerOf(await scene.store.forkSession(idOf(session))),
  'logIn': async ({ scene, session }) => answerOf(await scene.store.logIn(idOf(session), 'key')),
  'restore': async ({ scene }) => ((await scene.store.restore(project)) satisfies RestoreResult).outcome,
} satisfies Record<string, Command>
type CommandName = keyof typeof commands

type Table = Readonly<Record<string, Readonly<Record<string, string>>>>

/** A cell of a command: the answer → the status of the session then, with `*` while its run is under way. Of an event: the status. */
const cellOf = (rows: Table, name: string, state: StateName): string => must(rows[name]?.[state])

const cell = ({ answer, status, live }: Outcome): string => `${answer} → ${status ?? '-'}${live ? '*' : ''}`

describe('the lifecycle: commands', () => {
  const names = Object.keys(commands).filter((name): name is CommandName => name in commands)
  describe.each(names)('%s', (name) => {
    test.each(stateNames)('in the state %s', async (state) => {
      const place = await bringAbout[state]()
      const outcome = await outcomeOf(place, () => commands[name](place))
      expect(cell(outcome)).toBe(cellOf(table.commands, name, state))
    })
  })
})

/** What an event leads to: the status, `*` while live, and what of it was taken. */
const events: Record<string, (voice: ReturnType<Scene['agent']>) => void> = {
  'status running': (voice) => voice.status('running'),
  'status idle': (voice) => voice.status('idle'),
  'status done': (voice) => voice.status('done'),
  'status error': (voice) => voice.status('error', { error: 'new' }),
  'a message': (voice) => voice.text('late', 'x'),
  'a delta': (voice) => voice.delta('late', 'x'),
  'a cost': (voice) => voice.cost({ inputTokens: 7 }),
  'a question': (voice) => voice.ask('late'),
}

const liveStates = new Set<StateName>(['starting', 'running', 'waiting for permission', 'stopping', 'idle'])
const overStates = new Set<StateName>(['done', 'error', 'interrupted', 'restored'])

const standingOf = ({ status, live }: AgentSession): string => `${status}${live ? '*' : ''}`

test('the lifecycle: the table has a cell for each command and event in each state, and no other', () => {
  for (const [rows, names, states] of [
    [table.commands, Object.keys(commands), stateNames],
    [table.events, Object.keys(events), stateNames.filter((state) => state !== 'none')],
  ] as const) {
    expect(Object.keys(rows)).toEqual(names)
    for (const cells of Object.values(rows)) expect(Object.keys(cells)).toEqual(states)
  }
})

describe('the lifecycle: events', () => {
  describe.each(Object.keys(events))('%s', (event) => {
    test.each(stateNames.filter((state) => state !== 'none'))('in the state %s', async (state) => {
      const { scene, session } = await bringAbout[state]()
      const present = must(session)
      const before = standingOf(present)
      const notified = scene.heard.notifications.length
      must(events[event])(scene.agent(present))
      expect(standingOf(present)).toBe(cellOf(table.events, event, state))

      const taken = liveStates.has(state) || overStates.has(state)
      if (event === 'a message' || event === 'a delta') {
        const late = present.findMessage('late')
        expect(late?.content).toBe(taken ? 'x' : undefined)
        // What no event will end any more is not shown as going on.
        expect(late?.streaming).toBe(event === 'a delta' && liveStates.has(state) ? true : undefined)
      }
      if (event === 'a question') {
        expect(present.permissions.some(({ id }) => id === 'late')).toBe(liveStates.has(state))
      }
      if (event === 'a cost' && liveStates.has(state)) expect(present.inputTokens).toBe(7)
      const ends = liveStates.has(state) && (event === 'status done' || event === 'status error')
      expect(scene.heard.notifications.length - notified).toBe(ends ? 1 : 0)
      // Promise 9: whatever came, what was over stays over, and nothing fires later.
      if (!taken || overStates.has(state)) {
        await scene.clock.advance(24 * 3_600_000)
        expect(standingOf(present)).toBe(before)
        expect(scene.heard.notifications.length).toBe(notified)
      }
    })
  })
})
