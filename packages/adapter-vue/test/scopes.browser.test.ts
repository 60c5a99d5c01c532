import type * as Original from '../src/agent-store-plugin.ts'
import { agentSessionPlugin, useAgentSession, useAgentStore, useMessage, useSession, useSessionList } from '@agent-session/adapter-vue'
import { afterEach, expect, test, vi } from 'vitest'
import { createApp, effectScope, h, isReactive, KeepAlive, nextTick, onMounted, reactive, ref, shallowRef, Suspense, watch, watchEffect } from 'vue'
import { outsideScenarios, type Outside } from '../../../test/adapter-outside-scenarios.ts'
import { World } from '../../../test/adapter-scenarios.ts'

const noPage = () => Promise.reject(new Error('There is no page.'))

afterEach(() => vi.restoreAllMocks())

/** The project `one` in an effect scope. */
function outside({ store }: World): Outside {
  const scope = effectScope()
  const inScope = <Made,>(make: () => Made): Made => scope.run(make) ?? expect.unreachable()
  const effect = (read: () => unknown, seen: (value: unknown) => void) => inScope(() => watchEffect(() => seen(read()), { flush: 'sync' }))
  const agent = inScope(() => useAgentSession('one', { store }))
  const list = inScope(() => useSessionList({ store }))
  const deep = reactive({ agent })
  return {
    commands: agent,
    read: (part) => agent[part].value,
    watch: (part, seen) => effect(() => agent[part].value, seen),
    deep: (value) => shallowRef(reactive(value)).value,
    watchDeep: (part, seen) => effect(() => deep.agent[part], seen),
    watchList: (part, seen) => effect(() => list[part].value, seen),
    refreshList: () => list.refresh(),
    write: (part) => void Reflect.set(agent[part], 'value', 'done'),
    end: () => scope.stop(),
  }
}

test.each(outsideScenarios)('outside of components: $name', async ({ run }) => {
  const world = new World(noPage)
  await run(world, () => outside(world))
  await world.store.dispose()
  expect(world.clock.pending).toBe(0)
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

test('the plugin gives the store to every component', async () => {
  const world = new World(noPage)
  await world.start('one')
  const app = createApp({ setup: () => ({ agent: useAgentSession('one') }), render: (page: { agent: ReturnType<typeof useAgentSession> }) => h('p', page.agent.status.value) })
  const root = document.createElement('div')
  app.use(agentSessionPlugin, { store: world.store }).mount(root)
  expect(root.textContent).toBe('running')
  // An app may keep it in state of its own, which makes proxies of what is not marked.
  expect(isReactive(reactive({ store: world.store }).store)).toBe(false)
  app.unmount()
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
