import { expect, test } from 'vitest'
import { countWords } from '../usage.ts'
import { STORY, storyOf } from './story.ts'

test('the story takes about 12 to 15 seconds at 40 ms a word', () => {
  expect(countWords(STORY)).toBeGreaterThanOrEqual(300)
  expect(countWords(STORY)).toBeLessThanOrEqual(375)
})

test('so many words are so many words, and the story begins again where it ends', () => {
  const whole = countWords(STORY)
  expect(storyOf(0)).toBe('')
  expect(storyOf(whole)).toBe(STORY.trimEnd())
  for (const count of [1, 7, whole + 1, whole * 3]) expect(countWords(storyOf(count))).toBe(count)
  expect(storyOf(whole * 2)).toBe(`${STORY}\n${STORY.trimEnd()}`)
})
