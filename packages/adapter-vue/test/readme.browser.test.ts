import { expect, test } from 'vitest'
import { page } from 'vitest/browser'
import { createApp } from 'vue'
import { agentSessionPlugin } from '@agent-session/adapter-vue'
import { World } from '../../../test/adapter-scenarios.ts'
import { show } from './fixtures/readme/devtools.ts'
import Questions from './fixtures/readme/Questions.vue'

test('the example of the README runs', async () => {
  const root = document.createElement('div')
  root.id = 'app'
  document.body.append(root)
  await import('./fixtures/readme/main.ts')
  await expect.element(page.getByRole('status')).toHaveTextContent('no session yet')
  await page.getByRole('button', { name: 'Start' }).click()
  await expect.element(page.getByText('Hello, one word at a time.')).toBeVisible()
  await expect.element(page.getByRole('status')).toHaveTextContent('done')
  expect(page.getByRole('button', { name: 'Stop' }).query()).toBe(null)
})

test('the questions of the README are answered, beside its devtools', async () => {
  const world = new World(() => Promise.reject(new Error('There is no page.')))
  const root = document.createElement('div')
  document.body.append(root)
  const app = createApp(Questions).use(agentSessionPlugin, { store: world.store })
  show(app, world.store)
  app.mount(root)
  const session = await world.start('one')
  const options = [{ id: 'yes', label: 'Allow', kind: 'allow_once' }]
  await world.tell(session, { type: 'permission', request: { id: 'q', title: 'Run ls?', options } })
  await expect.element(page.getByText('one: Run ls?')).toBeVisible()
  await page.getByRole('button', { name: 'Allow' }).click()
  await expect.element(page.getByText('one: Run ls?')).not.toBeInTheDocument()
  expect(session.permissions[0]).toMatchObject({ state: 'selected', optionId: 'yes' })
  app.unmount()
  root.remove()
  expect(world.subscriptions.total).toBe(0)
  await world.store.dispose()
})
