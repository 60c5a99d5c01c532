import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { BoundedOutput } from './bounded-output.ts'

test('a short text is kept whole, however it comes', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 5 }), { maxLength: 4 }), (pieces) => {
      const output = new BoundedOutput(10)
      for (const piece of pieces) output.push(piece)
      expect(output.text()).toBe(pieces.join(''))
      expect(output.truncated).toBe(false)
    }),
  )
})

test('of a long text the two ends are kept, and what is missing is counted', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, maxLength: 60 }), { minLength: 21 }), (pieces) => {
      const output = new BoundedOutput(10)
      for (const piece of pieces) output.push(piece)
      const all = pieces.join('')
      const left = all.length - 20
      expect(output.text()).toBe(
        left === 0 ? all : `${all.slice(0, 10)}\n… ${left} characters left out …\n${all.slice(-10)}`,
      )
      expect(output.truncated).toBe(left > 0)
    }),
  )
})
