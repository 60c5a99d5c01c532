import { expect, test } from 'vitest'
import { pageStorage, type TextStorage } from './page-storage.ts'

/** A storage that takes so many values. */
function bounded(most: number): TextStorage & { readonly values: Map<string, string> } {
  const values = new Map<string, string>()
  return {
    values,
    getItem: (key) => values.get(key) ?? null,
    setItem(key, value) {
      if (value.length > most) throw new DOMException('Full', 'QuotaExceededError')
      values.set(key, value)
    },
    removeItem: (key) => void values.delete(key),
  }
}

test('what the browser keeps is kept there', () => {
  const there = bounded(10)
  const storage = pageStorage(() => there)
  storage.setItem('a', 'short')
  expect([storage.getItem('a'), there.values.get('a'), storage.getItem('b')]).toEqual(['short', 'short', null])
  storage.removeItem('a')
  expect([storage.getItem('a'), there.values.size]).toEqual([null, 0])
})

test('of what it has no room for the newest holds, and nothing old comes back', () => {
  const there = bounded(10)
  const storage = pageStorage(() => there)
  storage.setItem('a', 'short')
  storage.setItem('a', 'much too long for it')
  expect(storage.getItem('a')).toBe('much too long for it')
  expect(there.values.has('a')).toBe(false)
  storage.setItem('a', 'short')
  expect([storage.getItem('a'), there.values.get('a')]).toEqual(['short', 'short'])
})

test('one that may not even be named is no reason to stand still', () => {
  const storage = pageStorage(() => {
    throw new DOMException('Denied', 'SecurityError')
  })
  storage.setItem('a', 'b')
  expect(storage.getItem('a')).toBe('b')
  storage.removeItem('a')
  expect(storage.getItem('a')).toBeNull()
})
