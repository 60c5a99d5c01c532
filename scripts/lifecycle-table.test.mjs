import { expect, test } from 'vitest'
import { withTables } from './lifecycle-table.mjs'

const marks = ['<!-- lifecycle: made by `node scripts/lifecycle-table.mjs` -->', '<!-- lifecycle: end -->']
const rows = { commands: { start: { none: 'ok → -', done: 'ok → done' } }, events: { 'status done': { done: 'done' } } }

test('the tables stand between their marks, and the rest stays as it is', () => {
  const made = withTables(`before\n\n${marks[0]}\nold\n${marks[1]}\nafter\n`, rows)
  expect(made).toBe(`before

${marks[0]}

|  | start |
| --- | --- |
| **none** | ok → - |
| **done** | ok → done |

|  | status done |
| --- | --- |
| **done** | done |

${marks[1]}
after
`)
  expect(withTables(made, rows)).toBe(made)
})

test('many columns become several tables', () => {
  const commands = Object.fromEntries(Array.from({ length: 6 }, (_, at) => [`c${at}`, { none: 'x' }]))
  const made = withTables(`${marks[0]}${marks[1]}`, { commands, events: {} })
  expect(made.match(/^\|  \| .*$/gm)).toEqual(['|  | c0 | c1 | c2 |', '|  | c3 | c4 | c5 |'])
})

test.each(['nothing', marks[0], `${marks[1]}${marks[0]}`])('a document without its marks is refused: %s', (document) => {
  expect(() => withTables(document, rows)).toThrow('has no')
})
