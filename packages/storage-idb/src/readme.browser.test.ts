import { expect, test, vi } from 'vitest'

test('the example of the README runs', async () => {
  const said = vi.spyOn(console, 'log').mockImplementation(() => {})
  await import('../test/readme/first-look.ts')
  expect(said.mock.calls.at(-1)?.[0]).toEqual(['Remember this', 'Kept.'])
})
