/** Keys that reach a prototype where somebody copies them into an object. */
const prototypeKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Whether a key of unknown data is to be left out. */
export const isPrototypeKey = (key: string): boolean => prototypeKeys.has(key)

/** Deeper than any data that a tool takes; what is nested further is left out. */
const deepest = 64

/**
 * Unknown data as plain JSON-like values of our own: no prototype keys, no functions, no accessors, no cycles. What a
 * JSON value cannot hold becomes its text, or is left out where it has none.
 */
export function plainData(value: unknown): unknown {
  return copied(value, [])
}

/** `above`: the objects that this one is in. */
function copied(value: unknown, above: readonly object[]): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || above.length > deepest || above.includes(value)) return undefined
  const within = [...above, value]
  if (Array.isArray(value)) return value.map((item: unknown) => copied(item, within) ?? null)
  const copy: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) {
    const plain: unknown = prototypeKeys.has(key) ? undefined : copied(inner, within)
    if (plain !== undefined) copy[key] = plain
  }
  return copy
}
