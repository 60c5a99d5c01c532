import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { commandOf, shortcuts, type KeyPress } from './shortcuts.ts'

test("the README's table of keys is the one that the page shows", async () => {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8')
  const section = readme.split('## Keyboard\n')[1]?.split('\n## ')[0] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  expect(rows).toEqual(shortcuts.map(({ keys, where, does }) => `| ${keys.map((key) => `\`${key}\``).join(' ')} | ${where} | ${does} |`))
})

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({ key, code: '', altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, ...more })

test.each<[string, KeyPress, string | undefined, string | undefined]>([
  ['Alt+N', press('n', { code: 'KeyN', altKey: true }), 'new', 'new'],
  ['Option+N on a Mac, which begins a ñ', press('Dead', { code: 'KeyN', altKey: true }), 'new', 'new'],
  ['Alt+A', press('å', { code: 'KeyA', altKey: true }), 'attention', 'attention'],
  ['Alt+↑', press('ArrowUp', { altKey: true }), 'previous', 'previous'],
  ['Alt+↓', press('ArrowDown', { altKey: true }), 'next', 'next'],
  ['↓', press('ArrowDown'), undefined, undefined],
  ['Alt+Shift+↓, which marks lines in an editor', press('ArrowDown', { altKey: true, shiftKey: true }), undefined, undefined],
  ['AltGr+A', press('ą', { code: 'KeyA', altKey: true, ctrlKey: true }), undefined, undefined],
  ['Ctrl+K', press('k', { code: 'KeyK', ctrlKey: true }), 'search', 'search'],
  ['⌘K', press('k', { code: 'KeyK', metaKey: true }), 'search', 'search'],
  ['/', press('/'), 'prompt', undefined],
  ['/ of a German keyboard', press('/', { shiftKey: true }), 'prompt', undefined],
  ['?', press('?', { shiftKey: true }), 'help', undefined],
  ['n', press('n', { code: 'KeyN' }), undefined, undefined],
])('%s', (_, key, elsewhere, writing) => {
  expect([commandOf(key, { writing: false }), commandOf(key, { writing: true })]).toEqual([elsewhere, writing])
})

test('Alt+↑ and Alt+↓ are those of a list of choices where that has the focus', () => {
  const choosing = { writing: true, choosing: true }
  expect([commandOf(press('ArrowDown', { altKey: true }), choosing), commandOf(press('ArrowUp', { altKey: true }), choosing)]).toEqual([undefined, undefined])
  expect(commandOf(press('n', { code: 'KeyN', altKey: true }), choosing)).toBe('new')
})
