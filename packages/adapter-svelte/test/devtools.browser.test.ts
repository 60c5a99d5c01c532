import axe from 'axe-core'
import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { render } from 'vitest-browser-svelte'
import { World } from '../../../test/adapter-scenarios.ts'
import WithDevtools from './fixtures/WithDevtools.svelte'

const toggle = page.getByRole('button', { name: 'Agent sessions' })
const panel = page.getByRole('region', { name: 'Agent session devtools' })
const part = (name: string) => panel.getByRole('region', { name })
const shows = (name: string, text: RegExp) =>
  expect.poll(() => part(name).element().textContent?.replaceAll(/\s+/g, ' '), { timeout: 5_000 }).toMatch(text)

async function withDevtools() {
  const world = new World(() => Promise.reject(new Error('There is no page.')))
  const screen = await render(WithDevtools, { store: world.store })
  const end = async (): Promise<void> => {
    await screen.unmount()
    await world.clock.settle()
    expect([document.querySelector('agent-session-devtools'), world.subscriptions.total]).toEqual([null, 0])
    await world.store.dispose()
  }
  return { world, end }
}

const choose = { id: 'q', title: 'Run ls?', options: [{ id: 'yes', label: 'Allow', kind: 'allow_once' }] }

test('it shows sessions, the state of the chosen one, and what happens', async () => {
  const { world, end } = await withDevtools()
  const session = await world.start('one')
  await session.rename('Tidy up')
  await toggle.click()
  await shows('State', /Store connection \{"state":"connected"\}/)
  await part('Sessions').getByRole('button', { name: 'Tidy up running current' }).click()
  await shows('State', /status running ?live true/)

  await world.tell(session, { type: 'permission', request: choose })
  await expect.element(part('Sessions').getByRole('button', { name: 'Tidy up running 1 question current' })).toHaveAttribute('aria-current', 'true')
  await shows('State', /Permissions q \{.*Run ls\?/)
  await shows('Events', /session permissions – one/)
  await world.tell(session, { type: 'status', status: 'error', error: 'it broke' })
  await shows('Events', /status: error/)
  await part('Events').getByText(/session status: error/).click()
  await expect.element(part('Events').getByText(/"error": "it broke"/)).toBeVisible()

  await part('Sessions').getByRole('searchbox', { name: 'Search sessions' }).fill('nothing of the kind')
  await expect.element(part('Sessions').getByRole('button', { name: /Tidy up/ })).not.toBeInTheDocument()
  await part('Events').getByRole('button', { name: 'Clear' }).click()
  expect(part('Events').getByRole('listitem').elements()).toEqual([])
  await world.store.purge(session.sessionId)
  await world.clock.settle()
  await shows('State', /It is gone/)
  await end()
})

test('nothing is subscribed while it is closed; the keyboard opens and closes it', async () => {
  const { world, end } = await withDevtools()
  await world.start('one')
  expect([world.subscriptions.total, panel.query()]).toEqual([0, null])
  await expect.element(toggle).toHaveAttribute('aria-expanded', 'false')
  await userEvent.keyboard('{Alt>}{Shift>}{a}{/Shift}{/Alt}')
  await expect.element(panel).toBeVisible()
  await expect.element(toggle).toHaveAttribute('aria-expanded', 'true')
  expect(world.subscriptions.of('change')).toBeGreaterThan(0)
  await part('Sessions').getByRole('searchbox').click()
  await userEvent.keyboard('{Escape}')
  expect(panel.query()).toBe(null)
  expect(document.querySelector('agent-session-devtools')?.shadowRoot?.activeElement).toBe(toggle.element())
  await world.clock.settle()
  expect(world.subscriptions.total).toBe(0)
  await end()
})

test('its styles and those of the page stay apart, and axe finds nothing in it', async () => {
  const { world, end } = await withDevtools()
  const style = document.createElement('style')
  style.textContent = 'button { display: none } body { font-size: 40px; visibility: hidden }'
  document.head.append(style)
  const session = await world.start('one')
  await world.tell(session, { type: 'permission', request: choose })
  const heading = getComputedStyle(document.querySelector('h1') ?? document.body).font
  await toggle.click()
  await world.tell(session, { type: 'status', status: 'error', error: 'it broke' })
  await expect.element(toggle).toBeVisible()
  expect(getComputedStyle(toggle.element()).fontSize).toBe('12px')
  expect(getComputedStyle(document.querySelector('h1') ?? document.body).font).toBe(heading)
  const { violations } = await axe.run({ include: [['agent-session-devtools']] })
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
  style.remove()
  await end()
})
