import { expect, test } from 'vitest'
import { attentionInWords } from './attention-in-words.ts'

test('the most pressing of several sessions is told, and nothing of those that need nobody', () => {
  expect(attentionInWords([{ score: 50, reason: 'error' }, undefined, { score: 100, reason: 'question' }])).toBe('asks')
  expect(attentionInWords([{ score: 0, reason: 'none' }, { score: 10, reason: 'finished' }])).toBeUndefined()
  expect(attentionInWords([])).toBeUndefined()
})
