/** Keys that would reach a prototype where somebody copies them into an object. */
const prototypeKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Far deeper than any tool's arguments; what is nested deeper was made to exhaust the stack, and is left out. */
const deepest = 500

/**
 * Unknown data as plain values of our own: no prototype keys, no functions, nothing that JSON cannot hold. What has an
 * accessor that throws makes it throw.
 */
export function plainCopy(value: unknown, depth = 0): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  // JSON has no -0.
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : undefined
  if (typeof value !== 'object' || depth > deepest) return undefined
  if (Array.isArray(value)) return value.map((item: unknown) => plainCopy(item, depth + 1) ?? null)
  const copy: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) {
    const plain = prototypeKeys.has(key) ? undefined : plainCopy(inner, depth + 1)
    if (plain !== undefined) copy[key] = plain
  }
  return copy
}
