import { expect, test } from 'vitest'
import { page } from 'vitest/browser'
import { render } from 'vitest-browser-svelte'
import { World } from '../../../test/adapter-scenarios.ts'
import Provided from './fixtures/Provided.svelte'
import App from './fixtures/readme/App.svelte'

test('the example of the README runs', async () => {
  const screen = await render(App)
  await expect.element(screen.getByRole('status')).toHaveTextContent('no session yet')
  await screen.getByRole('button', { name: 'Start' }).click()
  await expect.element(screen.getByText('Hello, one word at a time.')).toBeVisible()
  await expect.element(screen.getByRole('status')).toHaveTextContent('done')
  expect(screen.getByRole('button', { name: 'Stop' }).query()).toBe(null)
})

test('the questions of the README are answered, or say why not, and its devtools are there', async () => {
  const world = new World(() => Promise.reject(new Error('There is no page.')))
  const screen = await render(Provided, { store: world.store })
  const session = await world.start('one')
  const options = [{ id: 'yes', label: 'Allow', kind: 'allow_once' }]
  await world.tell(session, { type: 'permission', request: { id: 'q', title: 'Run ls?', options } })
  await expect.element(screen.getByText('one: Run ls?')).toBeVisible()
  await expect.element(page.getByRole('button', { name: 'Agent sessions' })).toBeVisible()
  await screen.getByRole('button', { name: 'Allow' }).click()
  await expect.element(screen.getByText('one: Run ls?')).not.toBeInTheDocument()
  expect(session.permissions[0]).toMatchObject({ state: 'selected', optionId: 'yes' })
  await screen.unmount()
  await world.clock.settle()
  expect([world.subscriptions.total, document.querySelector('agent-session-devtools')]).toEqual([0, null])
  await world.store.dispose()
})
