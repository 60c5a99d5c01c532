import type { RecordedStream } from '@agent-session/core/conformance'
import * as fc from 'fast-check'
import { soundSession } from './sound-session.ts'

/** Any JSON, with what would reach a prototype among it. */
const anything = fc.oneof(fc.jsonValue(), fc.constant(JSON.parse('{"__proto__":{"polluted":1}}')), fc.constantFrom('__proto__', 'constructor'))

/**
 * Plays an opening, then lines like these with one part of each replaced by anything, and rejects with the first session
 * that breaks a rule, or that the store refused something of.
 */
export async function checkSpoiled(opening: RecordedStream<unknown>, lines: readonly unknown[], numRuns = 150): Promise<void> {
  const isPrompt = (line: unknown): boolean => opening.promptOf?.(line) !== undefined
  const spoiled = fc.tuple(fc.constantFrom(...lines.filter((line) => !isPrompt(line))), fc.integer({ min: 2, max: 40 }), anything).map(([line, place, by]) => spoil(line, place, by))
  await fc.assert(
    fc.asyncProperty(fc.array(spoiled, { maxLength: 15 }), async (bad) => {
      await soundSession({ ...opening, lines: [...opening.lines, ...bad.filter((line) => !isPrompt(line))] })
    }),
    { numRuns },
  )
}

/** A value with the part at this place replaced, counted from outside in. */
function spoil(value: unknown, place: number, by: unknown): unknown {
  let at = 0
  const walk = (part: unknown): unknown => {
    at += 1
    if (at === place) return by
    if (Array.isArray(part)) return part.map(walk)
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, walk(inner)]))
  }
  return walk(value)
}
