// A key of these names in data from outside would reach an object's prototype where it is merged carelessly.
const unsafeKeys = new Set(['__proto__', 'constructor', 'prototype'])

/** Deeper than any prompt or answer; what nests deeper was made to exhaust the stack. */
const maxDepth = 64

export type PlainObject = Readonly<Record<string, unknown>>

export const isPlainObject = (value: unknown): value is PlainObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An own field, or `undefined`; what is inherited is not data. */
export const fieldOf = (value: object, name: string): unknown =>
  Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined

/**
 * A copy of JSON-like data without the keys that could reach a prototype. Throws a `RangeError` for what is nested
 * too deep to be honest.
 */
export function plainCopy(value: unknown, depth = 0): unknown {
  if (depth > maxDepth) throw new RangeError(`Data is nested more than ${maxDepth} deep.`)
  if (Array.isArray(value)) return value.map((item) => plainCopy(item, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  const copy: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) if (!unsafeKeys.has(key)) copy[key] = plainCopy(item, depth + 1)
  return copy
}

/** Parses JSON and takes the same keys out of it. Throws a `SyntaxError` for what is no JSON. */
export function parsePlain(text: string): unknown {
  const value: unknown = JSON.parse(text)
  strip(value)
  return value
}

/** In place, for what was parsed just now: nobody else holds it, and a snapshot need not be copied. */
function strip(root: unknown): void {
  // A stack of its own: JSON.parse takes what is nested deeper than recursion would.
  const waiting = [root]
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (typeof value !== 'object' || value === null) continue
    for (const key of Object.keys(value)) {
      if (unsafeKeys.has(key)) Reflect.deleteProperty(value, key)
      else waiting.push(Reflect.get(value, key))
    }
  }
}

/** Whether two JSON-like values say the same; a field that is `undefined` is one that is absent. */
export function sameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  for (const key of keys) if (!sameData(fieldOf(a, key), fieldOf(b, key))) return false
  return true
}
