import { expect, test } from 'vitest'
import { commandDraft, suggestedCommands } from './command-suggestions.ts'

const commands = [{ name: 'explain' }, { name: 'plan', hint: 'WHAT' }, { name: 'Replan' }, { name: 'compact' }]
const names = (draft: string): string[] => suggestedCommands(draft, commands).map(({ name }) => name)

test.each([
  ['/', ['explain', 'plan', 'Replan', 'compact']],
  ['/pla', ['plan', 'explain', 'Replan']],
  ['/PL', ['plan', 'explain', 'Replan']],
  ['/compact', []],
  ['/plan', ['plan', 'Replan']],
  ['/plan it', []],
  ['say /plan', []],
  ['/nothing', []],
  ['', []],
])('%s', (draft, suggested) => {
  expect(names(draft)).toEqual(suggested)
})

test('of many commands only so many are offered', () => {
  expect(suggestedCommands('/', Array.from({ length: 50 }, (_, index) => ({ name: `c${index}` }))).length).toBe(8)
})

test('a command that takes something waits for it', () => {
  expect(commands.slice(0, 2).map(commandDraft)).toEqual(['/explain', '/plan '])
})
