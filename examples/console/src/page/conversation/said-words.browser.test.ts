import { afterEach, expect, test } from 'vitest'
import { cleanup, render } from 'vitest-browser-svelte'
import SaidWords from './SaidWords.svelte'

afterEach(cleanup)

const lines = (count: number): string => Array.from({ length: count }, (_, index) => `line ${index + 1}`).join('\n')

test.each([
  ['one line', 'go on'],
  ['a little more than a fold shows', lines(24)],
])('a prompt of %s is whole', async (_, text) => {
  const screen = await render(SaidWords, { text })
  expect(screen.container.querySelector('button')).toBeNull()
  expect(screen.container.textContent).toContain(text)
})

test.each([
  ['many lines', lines(3_000), 'Show all 3,000 lines'],
  ['one long line', 'word '.repeat(1_000), 'Show all 5,000 characters'],
])('a prompt of %s is folded, has all its words on the page, and opens', async (_, text, name) => {
  const screen = await render(SaidWords, { text })
  const words = screen.container.querySelector('.words')
  const height = (): number => words?.getBoundingClientRect().height ?? 0
  expect(words?.textContent).toBe(text)
  const [folded, room] = [height(), words?.scrollHeight ?? 0]
  await screen.getByRole('button', { name }).click()
  await expect.poll(height).toBeGreaterThanOrEqual(room)
  await screen.getByRole('button', { name: 'Fold' }).click()
  await expect.poll(height).toBe(folded)
})
