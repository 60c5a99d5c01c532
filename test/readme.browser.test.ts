import { expect, test } from 'vitest'
import { render } from 'vitest-browser-svelte'
import FirstLook from './readme/FirstLook.svelte'

test('the example of the README runs as it stands, and what it showed is there again after a reload', async () => {
  const screen = await render(FirstLook)
  await expect.element(screen.getByRole('status')).toHaveTextContent('no session yet')
  await screen.getByRole('button', { name: 'Start' }).click()
  await expect.element(screen.getByRole('paragraph').filter({ hasText: 'You said: Hello' })).toBeVisible()
  await expect.element(screen.getByRole('status')).toHaveTextContent('done')
  await screen.unmount()
  const again = await render(FirstLook)
  await expect.element(again.getByRole('paragraph').filter({ hasText: 'You said: Hello' })).toBeVisible()
})
