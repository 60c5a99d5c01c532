import { expect, test } from 'vitest'
import { page } from 'vitest/browser'

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
