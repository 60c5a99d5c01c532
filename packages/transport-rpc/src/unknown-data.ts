/** What comes over the wire, before anything is known of it. */
export type Fields = Readonly<Record<string, unknown>>

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

export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

/** An own field, so that no prototype ever answers. `null` counts as absent: databases have no other word for it. */
export function field(value: unknown, name: string): unknown {
  return isFields(value) && Object.hasOwn(value, name) ? (value[name] ?? undefined) : undefined
}

/** As `field`, where it is text. */
export function textField(value: unknown, name: string): string | undefined {
  const found = field(value, name)
  return typeof found === 'string' ? found : undefined
}

/** As `field`, where it is a number that an amount can be: finite and not below 0. */
export function amountField(value: unknown, name: string): number | undefined {
  const found = field(value, name)
  return isAmount(found) ? found + 0 : undefined
}

export const isText = (value: unknown): value is string => typeof value === 'string'
export const isAmount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && isAmount(value)
export const isTextList = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText)

/** The fields that are there, without those that are `undefined`. */
export function definedOnly<Shape extends object>(fields: Shape): { [Name in keyof Shape]?: Exclude<Shape[Name], undefined> }
export function definedOnly(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
