import { expect, test } from 'vitest'
import { render } from 'vitest-browser-vue'
import { nextTick } from 'vue'
import App from './fixtures/App.vue'
import { scenarios, World, type Mount } from '../../../test/adapter-scenarios.ts'

const mount: Mount = async (props) => {
  const screen = await render(App, { props })
  return {
    element: screen.container,
    async show(projectId) {
      await screen.rerender({ projectId })
      await nextTick()
    },
    unmount: async () => screen.unmount(),
  }
}

test.each(scenarios)('$name', async ({ run }) => {
  const world = new World(mount)
  await run(world)
  await world.store.dispose()
  expect(world.clock.pending).toBe(0)
})
