import type * as Original from '../src/agent-store-context.ts'
import { agentSession, provideAgentStore, useAgentSession, useAgentStore, useSessionList } from '@agent-session/adapter-svelte'
import { flushSync, mount, unmount } from 'svelte'
import { expect, test } from 'vitest'
import NoStore from './fixtures/NoStore.svelte'
import { deepState } from './fixtures/deep-state.svelte.ts'
import { destructured } from './fixtures/destructured.svelte.ts'
import { watch } from './fixtures/watch.svelte.ts'
import { outsideScenarios, type Outside } from '../../../test/adapter-outside-scenarios.ts'
import { World } from '../../../test/adapter-scenarios.ts'

const noPage = () => Promise.reject(new Error('There is no page.'))

/** The project `one`, read in effect roots. */
function outside({ store }: World): Outside {
  const agent = useAgentSession(store, 'one')
  const list = useSessionList(store)
  const deep = deepState({ agent })
  const stops: (() => void)[] = []
  const effect = (read: () => unknown, seen: (value: unknown) => void): void => {
    stops.push(watch(read, seen))
    flushSync()
  }
  return {
    commands: agent,
    read: (part) => agent[part],
    watch: (part, seen) => effect(() => agent[part], seen),
    deep: deepState,
    watchDeep: (part, seen) => effect(() => deep.agent[part], seen),
    watchList: (part, seen) => effect(() => list[part], seen),
    refreshList: () => list.refresh(),
    write: (part) => Object.assign(agent, { [part]: 'done' }),
    end: () => stops.forEach((stop) => stop()),
  }
}

test.each(outsideScenarios)('outside of components: $name', async ({ run }) => {
  const world = new World(noPage)
  await run(world, () => outside(world))
  await world.store.dispose()
  expect(world.clock.pending).toBe(0)
})

test('read outside of effects it subscribes nothing', async () => {
  const world = new World(noPage)
  await world.start('one')
  const agent = useAgentSession(world.store, 'one')
  expect([agent.status, agent.messageCount, agent.connection.state, agent.message('m1')]).toEqual(['running', 1, 'connected', undefined])
  expect(world.subscriptions.total).toBe(0)
  await world.store.dispose()
})

test('a known session is reactive, and is the same object for all who ask', async () => {
  const world = new World(noPage)
  const session = await world.start('one')
  const reactive = agentSession(session)
  expect(agentSession(session)).toBe(reactive)
  expect(agentSession(reactive)).toBe(reactive)
  const statuses: unknown[] = []
  const stop = watch(() => reactive.status, (status) => statuses.push(status))
  await world.tell(session, { type: 'delta', id: 'a', kind: 'text', text: 'x', offset: 0 })
  await world.tell(session, { type: 'status', status: 'done' })
  expect(statuses).toEqual(['running', 'done'])
  stop()
  await world.clock.settle()
  expect(world.subscriptions.total).toBe(0)
  await world.store.dispose()
})

test('messageAt is reactive for the message at that place', async () => {
  const world = new World(noPage)
  const session = await world.start('one')
  const reactive = agentSession(session)
  const seen: unknown[] = []
  const stop = watch(() => reactive.messageAt(1)?.content, (content) => seen.push(content))
  await world.tell(session, { type: 'delta', id: 'a', kind: 'text', text: 'x', offset: 0 })
  await world.tell(session, { type: 'delta', id: 'a', kind: 'text', text: 'y', offset: 1 })
  expect(seen).toEqual([undefined, 'x', 'xy'])
  stop()
  await world.store.dispose()
})

test('readers of the whole session, and of a message by its id, follow the project to another session', async () => {
  const world = new World(noPage)
  const first = await world.start('one')
  await world.tell(first, { type: 'delta', id: 'a', kind: 'text', text: 'x', offset: 0 })
  const agent = useAgentSession(world.store, 'one')
  const [sessions, texts]: [unknown[], unknown[]] = [[], []]
  const stops = [
    watch(() => agent.session, (session) => sessions.push(session)),
    watch(() => agent.message('a')?.content, (text) => texts.push(text)),
  ]
  const second = await world.start('one')
  await world.tell(second, { type: 'delta', id: 'a', kind: 'text', text: 'y', offset: 0 })
  expect(sessions).toEqual([agentSession(first), agentSession(second)])
  expect([texts[0], texts.at(-1)]).toEqual(['x', 'y'])
  for (const stop of stops) stop()
  await world.clock.settle()
  expect(world.subscriptions.total).toBe(0)
  await world.store.dispose()
})

test('a command called in an effect makes it run no more often', async () => {
  const world = new World(noPage)
  const agent = useAgentSession(world.store, 'one')
  const answers: unknown[] = []
  const stop = watch(() => agent.stop(), (answer) => answers.push(answer))
  flushSync()
  await world.start('one')
  await world.clock.settle()
  expect([answers.length, world.subscriptions.total]).toEqual([1, 0])
  stop()
  await world.store.dispose()
})

test('what is read first in an effect that is gone is let go, and a later reader begins anew', async () => {
  const world = new World(noPage)
  const session = await world.start('one')
  const agent = useAgentSession(world.store, 'one')
  watch(() => agent.status, () => {})()
  await world.clock.settle()
  expect(world.subscriptions.total).toBe(0)
  const seen: unknown[] = []
  const stop = watch(() => agent.status, (status) => seen.push(status))
  await world.tell(session, { type: 'status', status: 'error', error: 'broke' })
  expect(seen).toEqual(['running', 'error'])
  stop()
  await world.store.dispose()
})

test('destructured by $derived, parts stay reactive', async () => {
  const world = new World(noPage)
  const session = await world.start('one')
  const { element, stop } = destructured(useAgentSession(world.store, 'one'))
  expect(element()).toBe('running 1')
  await world.tell(session, { type: 'status', status: 'done' })
  expect(element()).toBe('done 1')
  stop()
  await world.clock.settle()
  expect(world.subscriptions.total).toBe(0)
  await world.store.dispose()
})

test('two copies of the package in one app share the store', async () => {
  const copy: typeof Original = await import(/* @vite-ignore */ `../src/agent-store-context.ts?${'copy'}`)
  expect(copy.provideAgentStore).not.toBe(provideAgentStore)
  const world = new World(noPage)
  let found: unknown
  const attempt = () => (copy.provideAgentStore(world.store), (found = useAgentStore()))
  void unmount(mount(NoStore, { target: document.body, props: { attempt, failed: () => {} } }))
  expect(found).toBe(world.store)
  await world.store.dispose()
})

test('outside of a component useAgentStore says where it belongs', () => {
  expect(() => useAgentStore()).toThrow(/component initialisation/)
})

test('without a store the error names what to do', () => {
  let thrown: unknown
  const page = mount(NoStore, { target: document.body, props: { attempt: () => useAgentStore(), failed: (error: unknown) => (thrown = error) } })
  expect(String(thrown)).toMatch(/provideAgentStore\(store\)/)
  void unmount(page)
})
