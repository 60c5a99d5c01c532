import type * as Original from '../src/agent-store-plugin.ts'
import { agentSessionPlugin, useAgentSession, useAgentStore, useMessage, useSession, useSessionList } from '@agent-session/adapter-vue'
import { afterEach, expect, test, vi } from 'vitest'
import { createApp, effectScope, h, isReactive, KeepAlive, nextTick, onMounted, ref, shallowRef, Suspense, watch, watchEffect } from 'vue'
import { World } from '../../../test/adapter-scenarios.ts'

const noPage = () => Promise.reject(new Error('There is no page.'))

afterEach(() => vi.restoreAllMocks())

test('outside of components it lives as long as its scope', async () => {
  const world = new World(noPage)
  const session = await world.start('one')
  const scope = effectScope()
  const statuses: unknown[] = []
  scope.run(() => {
    const { status } = useAgentSession('one', { store: world.store })
    watchEffect(() => statuses.push(status.value), { flush: 'sync' })
  })
  await world.tell(session, { type: 'delta', id: 'a', kind: 'text', text: 'x', offset: 0 })
  await world.tell(session, { type: 'status', status: 'done' })
  expect(statuses).toEqual(['running', 'done'])
  scope.stop()
  expect(world.subscriptions.total).toBe(0)
  await world.store.dispose()
})

test('without a scope the error names what to do', async () => {
  const world = new World(noPage)
  expect(() => useAgentSession('one', { store: world.store })).toThrow(/effectScope\(\)\.run/)
  await world.store.dispose()
})

test('without a store the error names what to do', () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  const app = createApp({})
  expect(() => app.runWithContext(() => useAgentStore())).toThrow(/app\.use\(agentSessionPlugin, \{ store \}\)/)
})

test('outside of setup, where nothing is provided, the error names what to do', () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
  expect(() => effectScope().run(() => useAgentSession('one'))).toThrow(/outside of setup, give \{ store \}/)
  expect(warned).not.toHaveBeenCalled()
})

test('two copies of the package in one app share the store', async () => {
  const copy: typeof Original = await import(/* @vite-ignore */ `../src/agent-store-plugin.ts?${'copy'}`)
  expect(copy.agentSessionPlugin).not.toBe(agentSessionPlugin)
  const world = new World(noPage)
  const app = createApp({}).use(copy.agentSessionPlugin, { store: world.store })
  expect(app.runWithContext(() => useAgentStore())).toBe(world.store)
  await world.store.dispose()
})

test('a part of a list runs its own readers alone', async () => {
  const world = new World(noPage)
  await world.start('one')
  const scope = effectScope()
  const [lengths, loads]: [unknown[], unknown[]] = [[], []]
  const list = scope.run(() => useSessionList({ store: world.store }))
  scope.run(() => {
    watchEffect(() => lengths.push(list?.sessions.value.length), { flush: 'sync' })
    watchEffect(() => loads.push(list?.loading.value), { flush: 'sync' })
  })
  await world.clock.settle()
  const { length } = lengths
  await list?.refresh()
  expect([lengths.length, lengths.at(-1)]).toEqual([length, 1])
  expect(loads.slice(-2)).toEqual([true, false])
  scope.stop()
  expect(world.subscriptions.total).toBe(0)
  await world.store.dispose()
})

test('the plugin gives the store to every component', async () => {
  const world = new World(noPage)
  await world.start('one')
  const app = createApp({ setup: () => ({ agent: useAgentSession('one') }), render: (page: { agent: ReturnType<typeof useAgentSession> }) => h('p', page.agent.status.value) })
  const root = document.createElement('div')
  app.use(agentSessionPlugin, { store: world.store }).mount(root)
  expect(root.textContent).toBe('running')
  app.unmount()
  expect(world.subscriptions.total).toBe(0)
  await world.store.dispose()
})

test('nothing is subscribed before a part is read, and then that part alone', async () => {
  const world = new World(noPage)
  await world.start('one')
  const scope = effectScope()
  const agent = scope.run(() => useAgentSession('one', { store: world.store }))
  expect(world.subscriptions.total).toBe(0)
  expect(agent?.connection.value.state).toBe('connected')
  expect([...world.subscriptions.held]).toEqual([['connection', 1]])
  expect(agent?.status.value).toBe('running')
  expect([...world.subscriptions.held]).toEqual([['connection', 1], ['project', 1], ['session', 1]])
  scope.stop()
  await world.store.dispose()
})

test('a part tells how things stand before its notice comes, and after the scope has ended', async () => {
  const world = new World(noPage)
  const session = await world.start('one')
  const scope = effectScope()
  const agent = scope.run(() => useAgentSession('one', { store: world.store }))
  expect(agent?.status.value).toBe('running')
  world.transport.emit({ sessionId: session.sessionId, type: 'status', status: 'done' })
  expect(agent?.status.value).toBe('done')
  scope.stop()
  await agent?.prompt('more')
  expect([agent?.status.value, agent?.title.value]).toEqual(['running', undefined])
  expect(world.subscriptions.total).toBe(0)
  await world.store.dispose()
})

test('what changed during an async setup is seen', async () => {
  const world = new World(noPage)
  const session = await world.start('one')
  const seen: unknown[] = []
  let goOn = (): void => {}
  const waited = new Promise<void>((resolve) => (goOn = resolve))
  const Page = {
    async setup() {
      const { status } = useAgentSession('one', { store: world.store })
      watch(status, (value) => seen.push(value), { immediate: true })
      await waited
      return () => h('p')
    },
  }
  const app = createApp({ render: () => h(Suspense, null, { default: () => h(Page) }) })
  app.mount(document.createElement('div'))
  await world.tell(session, { type: 'status', status: 'done' })
  expect([seen, world.subscriptions.total]).toEqual([['running'], 0])
  goOn()
  await world.clock.settle()
  expect(seen).toEqual(['running', 'done'])
  app.unmount()
  expect(world.subscriptions.total).toBe(0)
  await world.store.dispose()
})

test('a setup that reads does not read again at the mount', async () => {
  const world = new World(noPage)
  await world.start('one')
  let runs = 0
  const app = createApp({
    setup() {
      const { status, messages } = useAgentSession('one', { store: world.store })
      watchEffect(() => [status.value, messages.value, (runs += 1)])
      return () => h('p')
    },
  })
  app.mount(document.createElement('div'))
  await nextTick()
  expect(runs).toBe(1)
  app.unmount()
  await world.store.dispose()
})

test('called when the component is on the page already, it subscribes at once and ends with it', async () => {
  const world = new World(noPage)
  const session = await world.start('one')
  const late = shallowRef<ReturnType<typeof useAgentSession>>()
  const app = createApp({
    setup() {
      onMounted(() => (late.value = useAgentSession('one')))
      return () => h('p', late.value?.status.value)
    },
  })
  const root = document.createElement('div')
  app.use(agentSessionPlugin, { store: world.store }).mount(root)
  await nextTick()
  expect(root.textContent).toBe('running')
  await world.tell(session, { type: 'status', status: 'done' })
  expect(root.textContent).toBe('done')
  app.unmount()
  expect(world.subscriptions.total).toBe(0)
  await world.store.dispose()
})

test('a known session, and a message of it, follow what they are given', async () => {
  const world = new World(noPage)
  const [one, two] = [await world.start('one', 'first'), await world.start('two', 'second')]
  const shown = ref('one')
  const scope = effectScope()
  const seen: unknown[] = []
  scope.run(() => {
    const session = () => (shown.value === 'one' ? one : two)
    const { messageIds } = useSession(session)
    const message = useMessage(session, () => messageIds.value[0] ?? '')
    watchEffect(() => seen.push(message.value?.content), { flush: 'sync' })
  })
  shown.value = 'two'
  expect(seen).toEqual(['first', 'second'])
  scope.stop()
  expect(world.subscriptions.total).toBe(0)
  await world.store.dispose()
})

test('a session that an app puts into a deep ref stays itself', async () => {
  const world = new World(noPage)
  await world.start('one')
  const scope = effectScope()
  const agent = scope.run(() => useAgentSession('one', { store: world.store }))
  const deep = ref({ session: agent?.session.value })
  expect(isReactive(deep.value.session)).toBe(false)
  expect(deep.value.session?.status).toBe('running')
  scope.stop()
  await world.store.dispose()
})

test('writing a part, where the types do not hold it back, names what to do', async () => {
  const world = new World(noPage)
  const scope = effectScope()
  const agent = scope.run(() => useAgentSession('one', { store: world.store }))
  expect(() => Reflect.set(agent?.status ?? {}, 'value', 'done')).toThrow(/by its commands/)
  scope.stop()
  await world.store.dispose()
})

test('without a session the commands say so', async () => {
  const world = new World(noPage)
  const scope = effectScope()
  const agent = scope.run(() => useAgentSession('one', { store: world.store }))
  expect(await agent?.prompt('more')).toMatchObject({ ok: false, code: 'no-session' })
  expect(await agent?.start({ provider: 'scripted', prompt: 'hello' })).toMatchObject({ ok: true })
  expect(await agent?.prompt('more')).toMatchObject({ ok: true, queued: true })
  expect(await agent?.withdraw(agent.queue.value[0]?.messageId ?? '')).toEqual({ ok: true })
  expect(await agent?.stop()).toEqual({ ok: true })
  expect([agent?.status.value, agent?.endReason.value, await agent?.loadOlder(5)]).toEqual(['done', 'stopped', 0])
  scope.stop()
  await world.store.dispose()
})

test('a component that KeepAlive puts aside is up to date when it comes back, subscribes nothing twice, and leaves nothing behind', async () => {
  const world = new World(noPage)
  const session = await world.start('one')
  const shows = ref(true)
  const Panel = {
    setup() {
      const agent = useAgentSession('one')
      const message = useMessage(agent.session, 'a')
      return () => h('p', `${agent.status.value} ${message.value?.content ?? '–'}`)
    },
  }
  const app = createApp({ render: () => h(KeepAlive, () => (shows.value ? h(Panel) : h('i', 'aside'))) })
  const root = document.createElement('div')
  app.use(agentSessionPlugin, { store: world.store }).mount(root)
  const held = world.subscriptions.total
  expect(root.textContent).toBe('running –')
  for (const [round, text] of ['x', 'y', 'z'].entries()) {
    shows.value = false
    await nextTick()
    expect(root.textContent).toBe('aside')
    await world.tell(session, { type: 'delta', id: 'a', kind: 'text', text, offset: round })
    shows.value = true
    await nextTick()
    expect(root.textContent).toBe(`running ${'xyz'.slice(0, round + 1)}`)
    expect(world.subscriptions.total).toBe(held)
  }
  shows.value = false
  await nextTick()
  const before = root.innerHTML
  await world.tell(session, { type: 'status', status: 'done' })
  expect(root.innerHTML).toBe(before)
  app.unmount()
  expect(world.subscriptions.total).toBe(0)
  await world.store.dispose()
})
