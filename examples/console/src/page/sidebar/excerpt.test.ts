import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { excerptOf } from './excerpt.ts'

test('shows the place in any case, with what is around it', () => {
  expect(excerptOf('Once upon a\ntime', 'UPON')).toEqual({ before: 'Once ', found: 'upon', after: ' a time' })
  const long = `${'a '.repeat(200)}plum${' b'.repeat(200)}`
  const { before, found, after } = excerptOf(long, 'plum')
  expect(before).toMatch(/^…[a ]{30}$/)
  expect(found).toBe('plum')
  expect(after).toMatch(/^[b ]{120}…$/)
})

test('what has a meaning in patterns is text as any other', () => {
  expect(excerptOf('a.c (b) a.b', 'a.b').before).toBe('a.c (b) ')
})

test('a text without it is shown from its beginning', () => {
  expect(excerptOf('pears', 'plums')).toEqual({ before: '', found: '', after: 'pears' })
})

test('what is written is found as it is written, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }), (before, wanted, after) => {
      const { found } = excerptOf(before + wanted + after, wanted)
      expect(found.replaceAll(/\s+/g, ' ').toLowerCase()).toBe(wanted.replaceAll(/\s+/g, ' ').toLowerCase())
    }),
  )
})
