import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { defaultLimits } from '../limits.ts'
import { clipOutput, clipStream, countLines, outputText, toolCallText, toolPath } from './tool-text.ts'

const limits = (toolOutputLines: number, toolOutputCharacters = 1_000_000) => ({ ...defaultLimits, toolOutputLines, toolOutputCharacters })

describe('B13 the path of a tool call', () => {
  test.each<[string, unknown, string | undefined]>([
    ['Read', { file_path: 'a.txt' }, 'a.txt'],
    ['Read', { file_path: 'a.txt', path: 'b.txt' }, 'a.txt'],
    ['Grep', { path: 'src' }, 'src'],
    ['Bash', { command: 'ls' }, 'ls'],
    ['bash', { command: 'ls' }, 'ls'],
    ['Bash', { command: 'ls', path: 'src' }, 'src'],
    ['Bash', { command: 'x'.repeat(80) }, 'x'.repeat(80)],
    ['Bash', { command: 'x'.repeat(81) }, `${'x'.repeat(80)}...`],
    ['Write', { command: 'ls' }, undefined],
    ['Bash', {}, undefined],
    ['Bash', undefined, undefined],
    ['Bash', 'ls', undefined],
    ['Read', { file_path: 5 }, undefined],
    ['Read', null, undefined],
  ])('%s %j → %j', (name, input, path) => {
    expect(toolPath(name, input)).toBe(path)
  })
})

describe('B14 the text of a tool call', () => {
  test.each<[string, unknown, { content: string; toolInput?: string }]>([
    ['Bash', { command: 'ls', file_path: 'x' }, { content: 'ls', toolInput: '{"command":"ls","file_path":"x"}' }],
    ['Read', { file_path: 'a.txt', limit: 5 }, { content: 'a.txt', toolInput: '{"file_path":"a.txt","limit":5}' }],
    ['Write', { command: 'ls' }, { content: '{\n  "command": "ls"\n}', toolInput: '{"command":"ls"}' }],
    ['Grep', { path: 'src' }, { content: '{\n  "path": "src"\n}', toolInput: '{"path":"src"}' }],
    ['Tool', 'words', { content: 'words', toolInput: '"words"' }],
    ['Tool', 0, { content: '0', toolInput: '0' }],
    ['Tool', false, { content: 'false', toolInput: 'false' }],
    ['Tool', undefined, { content: '' }],
    ['Tool', null, { content: '' }],
  ])('%s %j', (name, input, text) => {
    expect(toolCallText(name, input)).toEqual(text)
  })

  test.each(['Bash', 'bash', 'BASH', 'shell', 'exec', 'exec_command', 'run_command', 'command_execution', 'execute'])('of a shell is its command, whatever the agent calls it: %s', (name) => {
    expect(toolCallText(name, { command: 'ls' }).content).toBe('ls')
    expect(toolPath(name, { command: 'ls' })).toBe('ls')
  })

  test('of arguments that have no JSON is their text, never an exception', () => {
    const circle: { self?: unknown } = {}
    circle.self = circle
    for (const input of [circle, 10n, () => 1, Symbol('x')]) expect(typeof toolCallText('Tool', input).content).toBe('string')
    expect(toolCallText('Tool', 10n).content).toBe('"10"')
    expect(toolCallText('Tool', () => 1).content).toBe('')
  })
})

describe('B15 the text of an output', () => {
  test.each<[unknown, string]>([
    ['as it is', 'as it is'],
    ['', ''],
    [undefined, ''],
    [null, ''],
    [{ a: [1] }, '{"a":[1]}'],
    [5, '5'],
    [false, 'false'],
    [[], '[]'],
  ])('%j → %j', (output, text) => {
    expect(outputText(output)).toBe(text)
  })

  test('of 500 lines is whole, of 501 is cut with the number of those left out', () => {
    const lines = (count: number): string => Array.from({ length: count }, (_, index) => `${index + 1}`).join('\n')
    expect(clipOutput(lines(500), defaultLimits)).toEqual({ content: lines(500) })
    expect(clipOutput(lines(501), defaultLimits)).toEqual({ content: `${lines(500)}\n... (1 more lines)`, truncated: { characters: lines(501).length, lines: 501 } })
    expect(clipOutput(lines(1_500), defaultLimits).content).toMatch(/\n500\n\.\.\. \(1000 more lines\)$/)
  })

  test('counts empty lines too', () => {
    expect(clipOutput('\n'.repeat(3), limits(3))).toEqual({ content: '\n\n\n... (1 more lines)', truncated: { characters: 3, lines: 4 } })
    expect(clipOutput('\n'.repeat(2), limits(3))).toEqual({ content: '\n\n' })
  })

  test('past the limit of characters keeps head and tail, with the size said', () => {
    const text = `${'a'.repeat(2_000)}${'b'.repeat(2_000)}`
    const { content, truncated } = clipOutput(text, limits(500, 100))
    expect(content).toBe(`${'a'.repeat(50)}\n... (4,000 characters in all, the middle is left out) ...\n${'b'.repeat(50)}`)
    expect(truncated).toEqual({ characters: 4_000, lines: 1 })
  })

  test('just at the limit is whole', () => {
    expect(clipOutput('x'.repeat(100), limits(500, 100))).toEqual({ content: 'x'.repeat(100) })
    expect(clipOutput('x'.repeat(101), limits(500, 100))).toHaveProperty('truncated')
    expect(clipStream('x'.repeat(150), 150, 1, limits(500, 100))).toBeUndefined()
    expect(clipStream('x'.repeat(151), 151, 1, limits(500, 100))).toMatchObject({ truncated: { characters: 151, lines: 1 } })
  })

  test('just at the limit of characters is whole, also where it has more of them than there may be lines', () => {
    expect(clipOutput('x'.repeat(100), limits(50, 100))).toEqual({ content: 'x'.repeat(100) })
    const { content } = clipOutput('\n'.repeat(3), limits(3))
    expect(clipOutput('\n'.repeat(3), limits(3, content.length)).content).toBe(content)
  })

  test('of as many lines as there may be says nothing of lines, where its characters are too many', () => {
    expect(clipOutput(`${'a'.repeat(50)}\n${'b'.repeat(50)}`, limits(2, 10)).content).toBe('aaaaa\n... (101 characters in all, the middle is left out) ...\nbbbbb')
  })

  test('leaves out the character that the cut would go through, and no other', () => {
    expect(clipOutput('🧪'.repeat(20), limits(500, 10)).content).toBe('🧪🧪\n... (40 characters in all, the middle is left out) ...\n🧪🧪')
    expect(clipOutput('🧪'.repeat(20), limits(500, 8)).content).toBe('🧪🧪\n... (40 characters in all, the middle is left out) ...\n🧪🧪')
  })

  test('too long both ways says both', () => {
    const { content, truncated } = clipOutput('0123456789\n'.repeat(1_000), limits(500, 200))
    expect(content).toContain('(500 more lines)'.replace('500', '501'))
    expect(content).toContain('characters in all')
    expect(truncated).toEqual({ characters: 11_000, lines: 1_001 })
  })

  test('is never cut through a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '🧪', '\n', 'é', '\u{10000}', '\u{10ffff}'), minLength: 20, maxLength: 200 }), fc.integer({ min: 1, max: 30 }), (text, characters) => {
        const { content } = clipOutput(text, limits(500, characters))
        expect(() => encodeURIComponent(content)).not.toThrow()
      }),
    )
  })

  test('never grows past its limits by more than the words that say so', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '\n'), maxLength: 300 }), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 2, max: 60 }), (text, lines, characters) => {
        const { content, truncated } = clipOutput(text, limits(lines, characters))
        expect(content.length).toBeLessThanOrEqual(characters + 80)
        const whole = countLines(text) <= lines && text.length <= characters
        expect(content === text && truncated === undefined).toBe(whole)
        if (!whole) expect(truncated).toEqual({ characters: text.length, lines: text.split('\n').length })
      }),
    )
  })
})
