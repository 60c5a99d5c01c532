import { expect, test } from 'vitest'
import { diffLines } from './diff-lines.ts'

test('a text without a diff has no lines of one', () => {
  expect(diffLines('- a list\n+ of things\n--- and a rule')).toBeUndefined()
})

test('words before a diff and after it are told from its lines', () => {
  const lines = diffLines('Wrote it\n--- a.txt\n+++ a.txt\n@@ -1,2 +1,2 @@\n same\n-old\n+new\nThat is all\n- not a part')
  expect(lines?.map(({ kind }) => kind)).toEqual(['plain', 'file', 'file', 'place', 'plain', 'removed', 'added', 'plain', 'plain'])
})
