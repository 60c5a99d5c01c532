import { expect, test } from 'vitest'
import { createSSRApp } from 'vue'
import { renderToString } from 'vue/server-renderer'
import App from './fixtures/App.vue'
import Views from './fixtures/Views.vue'
import { World, type PageProps } from '../../../test/adapter-scenarios.ts'

function rendered(world: World): Promise<string> {
  const ran: PageProps['ran'] = (_, shown) => shown
  return renderToString(createSSRApp(App, { store: world.store, projectId: 'one', ran }))
}

const noPage = () => Promise.reject(new Error('A server mounts nothing.'))

test('a server render shows how things stand, subscribes nothing and arms nothing', async () => {
  const world = new World(noPage)
  const session = await world.start('one')
  await world.fill(session, 2)
  const timers = world.clock.pending
  const body = await rendered(world)
  expect(body).toContain('<p data-part="status">running</p>')
  expect(body.match(/data-part="row"/g)).toHaveLength(3)
  expect(body).toContain('message 2')
  expect([world.subscriptions.total, world.clock.pending]).toEqual([0, timers])
})

test('a server render of a project without a session shows that', async () => {
  expect(await rendered(new World(noPage))).toContain('<p data-part="status">none</p>')
})

test('two requests share nothing', async () => {
  const [one, other] = [new World(noPage), new World(noPage)]
  await one.start('one', 'mine')
  await other.start('one', 'yours')
  expect(await rendered(one)).not.toContain('yours')
  expect(await rendered(other)).not.toContain('mine')
})

test('a server render of what a store has beside shows what is in memory, and reads, subscribes and arms nothing', async () => {
  const world = new World(noPage)
  const { sessionId } = await world.start('one')
  await world.clock.settle()
  const timers = world.clock.pending
  const props = { store: world.store, projectId: 'one', sessionId }
  const body = await renderToString(createSSRApp(Views, props))
  expect(body).toMatch(/data-part="by-id"[^>]*>running</)
  expect(body).toMatch(/data-part="health"[^>]*>running</)
  expect(body).not.toContain('data-part="listed"')
  expect([world.subscriptions.total, world.clock.pending]).toEqual([0, timers])
})
