import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { cleanText } from './clean-text.ts'
import { terminalRuns } from './terminal-text.ts'

const esc = '\u001B'

test('a text without colours is one run', () => {
  expect(terminalRuns('plain\r\ntext')).toEqual([{ text: 'plain\ntext' }])
})

test.each([
  ['a hue, and its end', `a ${esc}[31mred${esc}[0m end`, [{ text: 'a ' }, { text: 'red', fore: 'red' }, { text: ' end' }]],
  ['an end without a number', `${esc}[1;32mok${esc}[m end`, [{ text: 'ok', fore: 'green', bold: true }, { text: ' end' }]],
  ['a bright hue', `${esc}[94mblue`, [{ text: 'blue', fore: 'blue' }]],
  ['a colour of the table', `${esc}[38;5;196mred`, [{ text: 'red', fore: 'red' }]],
  ['a grey of the table', `${esc}[38;5;240mgrey`, [{ text: 'grey', fore: 'black' }]],
  ['a true colour', `${esc}[38;2;20;200;30mgreen`, [{ text: 'green', fore: 'green' }]],
  ['a true colour with colons', `${esc}[38:2::200:20:30mred`, [{ text: 'red', fore: 'red' }]],
  ['reversed', `${esc}[7;33mnote`, [{ text: 'note', back: 'yellow' }]],
  ['what would hide', `${esc}[8mhere`, [{ text: 'here' }]],
  ['a cursor that moves', `a${esc}[2K${esc}[1Ab`, [{ text: 'ab' }]],
  ['a link of a terminal', `${esc}]8;;https://evil.example\u0007here${esc}]8;;\u0007${esc}[0m`, [{ text: 'here' }]],
  ['direction inside a colour', `${esc}[31m\u202Egnp.exe`, [{ text: 'gnp.exe', fore: 'red' }]],
] as const)('%s', (_, text, runs) => {
  expect(terminalRuns(text)).toEqual(runs)
})

test('whatever comes, the runs put together are the cleaned text', () => {
  const piece = fc.oneof(
    fc.constantFrom(esc, '[', 'm', ';', '\r', '\n', '\u202E', '\u0000', '\u009B', `${esc}[31m`, `${esc}[m`, `${esc}[38;5;`, `${esc}[48;2;1;2;3m`, `${esc}]8;;x`, '\u0007'),
    fc.string({ maxLength: 4 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const text = pieces.join('')
      expect(terminalRuns(text).map((run) => run.text).join('')).toBe(cleanText(text))
    }),
    { numRuns: 2_000 },
  )
})

test('a span for each character is not made', () => {
  const text = Array.from({ length: 20_000 }, (_, index) => `${esc}[3${index % 8}m.`).join('')
  const runs = terminalRuns(text)
  expect(runs.length).toBe(4_000)
  expect(runs.map((run) => run.text).join('')).toBe('.'.repeat(20_000))
})
