import { expect, test } from 'vitest'
import { render } from 'vitest-browser-svelte'
import App from './fixtures/readme/App.svelte'

test('the example of the README runs', async () => {
  const screen = await render(App)
  await expect.element(screen.getByRole('status')).toHaveTextContent('no session yet')
  await screen.getByRole('button', { name: 'Start' }).click()
  await expect.element(screen.getByText('Hello, one word at a time.')).toBeVisible()
  await expect.element(screen.getByRole('status')).toHaveTextContent('done')
  expect(screen.getByRole('button', { name: 'Stop' }).query()).toBe(null)
})
