/** Keys that would reach an object's prototype where it is merged carelessly. */
const unsafeKeys = new Set(['__proto__', 'constructor', 'prototype'])

/** The same JSON without such keys; the very same object where there are none, which is always. */
export function withoutUnsafeKeys<Value>(value: Value): Value {
  return isTainted(value) ? cleaned(value) : value
}

function isTainted(value: unknown): boolean {
  // By hand, not by recursion: nothing says how deep it is.
  const waiting: unknown[] = [value]
  while (waiting.length > 0) {
    const one = waiting.pop()
    if (typeof one !== 'object' || one === null) continue
    for (const [key, inner] of Object.entries(one)) {
      if (!Array.isArray(one) && unsafeKeys.has(key)) return true
      if (typeof inner === 'object') waiting.push(inner)
    }
  }
  return false
}

/** It came as JSON, so it can go through it once more; what is too deep for that fails, and is no message. */
const cleaned = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value), (key, inner: unknown) => (unsafeKeys.has(key) ? undefined : inner))
