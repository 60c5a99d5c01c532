import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { render } from 'vitest-browser-vue'
import { nextTick } from 'vue'
import App from './fixtures/App.vue'
import Views from './fixtures/Views.vue'
import { scenarios, World, type Mount, type Page } from '../../../test/adapter-scenarios.ts'
import { viewScenarios, type ViewsProps } from '../../../test/adapter-view-scenarios.ts'

type Screen = Awaited<ReturnType<typeof render>>

const pageOf = (screen: Screen): Page => ({
  element: screen.container,
  async show(projectId) {
    await screen.rerender({ projectId })
    await nextTick()
  },
  unmount: async () => screen.unmount(),
})

const mount: Mount = async (props) => pageOf(await render(App, { props }))
const mountViews: Mount<ViewsProps> = async (props) => pageOf(await render(Views, { props }))

// Compiled for development, where the framework tells of what is used wrongly.
const complaints: unknown[][] = []
beforeEach(() => {
  for (const level of ['warn', 'error'] as const) vi.spyOn(console, level).mockImplementation((...words) => void complaints.push(words))
})
afterEach(() => {
  vi.restoreAllMocks()
  if (complaints.length > 0) throw new Error(`The framework complains: ${complaints.splice(0).join('; ')}`)
})

test.each(scenarios)('$name', async ({ run }) => {
  const world = new World(mount)
  await run(world)
  await world.store.dispose()
  expect(world.clock.pending).toBe(0)
})

test.each(viewScenarios)('$name', async ({ run }) => {
  const world = new World(mount)
  await run(world, mountViews)
  await world.store.dispose()
  expect(world.clock.pending).toBe(0)
})
