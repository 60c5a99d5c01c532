import { expect, test } from 'vitest'
import { cleanText, revealText } from './clean-text.ts'

test.each([
  ['colours of a terminal', '\u001B[31mred\u001B[0m', 'red'],
  ['a link of a terminal', '\u001B]8;;https://evil.example\u0007here\u001B]8;;\u0007', 'here'],
  ['a turn of direction', 'access\u202Egnp.exe', 'accessgnp.exe'],
  ['isolates', '\u2066a\u2069', 'a'],
  ['what takes no room', 'a\u200Bb\uFEFFc', 'abc'],
  ['carriage returns', 'a\r\nb\rc', 'a\nb\nc'],
  ['other controls', 'a\u0000b\u0008c\u009Bd', 'abcd'],
])('takes out %s', (_, text, cleaned) => {
  expect(cleanText(text)).toBe(cleaned)
})

test('leaves what people write', () => {
  const text = 'Ünïcödé\t漢字 שלום 👩‍👩‍👧\n'
  expect(cleanText(text)).toBe(text)
})

test('writes out what cannot be seen where it will be carried out', () => {
  expect(revealText('rm \u202Ecod.txt \u001B[2K')).toBe('rm \\u{202e}cod.txt \\u{1b}[2K')
})
