import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MOST_STORY_WORDS, orderList, ORDERS, parseOrder } from './orders.ts'

describe('parseOrder', () => {
  test.each([
    ['list files', { verb: 'list', folder: '.' }],
    ['ls', { verb: 'list', folder: '.' }],
    ['list', { verb: 'list', folder: '.' }],
    ['list files in notes', { verb: 'list', folder: 'notes' }],
    ['LS notes', { verb: 'list', folder: 'notes' }],
    ['list files.d', { verb: 'list', folder: '.d' }],
    ['read README.md', { verb: 'read', file: 'README.md' }],
    ['Read "a file.txt"', { verb: 'read', file: 'a file.txt' }],
    ['/read README.md', { verb: 'read', file: 'README.md' }],
    ['search two words', { verb: 'search', text: 'two words' }],
    ['write a.txt: hello', { verb: 'write', file: 'a.txt', text: 'hello' }],
    ['write a.txt:hello: world', { verb: 'write', file: 'a.txt', text: 'hello: world' }],
    ['write a.txt:\nline 1\n  line 2', { verb: 'write', file: 'a.txt', text: '\nline 1\n  line 2' }],
    ['write a.txt:', { verb: 'write', file: 'a.txt', text: '' }],
    ['run ls -la | wc', { verb: 'run', command: 'ls -la | wc' }],
    ['RUN echo Hi', { verb: 'run', command: 'echo Hi' }],
    ['story', { verb: 'story', words: undefined }],
    ['story 7', { verb: 'story', words: 7 }],
    ['story 7 words', { verb: 'story', words: 7 }],
    ['story 999999999', { verb: 'story', words: MOST_STORY_WORDS }],
    ['think', { verb: 'think', about: undefined }],
    ['think about rivers', { verb: 'think', about: 'rivers' }],
    ['mode', { verb: 'mode', mode: undefined }],
    ['mode AUTO', { verb: 'mode', mode: 'auto' }],
    ['hang', { verb: 'hang', hard: false }],
    ['hang hard', { verb: 'hang', hard: true }],
    ['  plan  ', { verb: 'plan' }],
    ['recall', { verb: 'recall' }],
    ['fail', { verb: 'fail' }],
    ['crash', { verb: 'crash' }],
    ['help', { verb: 'help' }],
  ])('%j', (prompt, order) => {
    expect(parseOrder(prompt)).toEqual(order)
  })

  test.each(['read', 'search', 'write', 'write a.txt hello', 'write : hello', 'run', 'story about a goat'])(
    'says how %j is written',
    (prompt) => {
      const verb = prompt.split(' ', 1)[0]
      expect(parseOrder(prompt)).toEqual({ verb: 'incomplete', usage: expect.stringContaining(`${verb} `) })
    },
  )

  test.each(['', '  ', 'hello', 'crash course', 'fail better', 'plan my trip', 'hang on', 'readme', 'help me'])(
    'takes %j for no order',
    (prompt) => {
      expect(parseOrder(prompt)).toEqual({ verb: 'unknown' })
    },
  )

  test('understands or refuses whatever there is, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (prompt) => {
        expect(parseOrder(prompt).verb).toBeTypeOf('string')
      }),
    )
  })

  test('keeps the text to write to the letter', () => {
    const text = fc.string().map((inner) => `x${inner}x`)
    fc.assert(
      fc.property(text, (written) => {
        expect(parseOrder(`write a.txt: ${written}`)).toEqual({ verb: 'write', file: 'a.txt', text: written })
      }),
    )
  })

  test('knows every order that it lists', () => {
    for (const { name } of ORDERS) {
      expect(parseOrder(name).verb).not.toBe('unknown')
      expect(orderList()).toContain(`\`${name}`)
    }
  })
})
