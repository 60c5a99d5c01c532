/** What an agent sends, before anything is known of it. Fields are looked up as own ones, so that no prototype ever answers. */
export type Fields = Readonly<Record<string, unknown>>

/** The value as an object with named fields; `undefined` where it is none. */
export function fieldsOf(value: unknown): Fields | undefined {
  return isFields(value) ? value : undefined
}

/** A field of an object of its own; `undefined` where it has none, or the value is no object. */
export function field(value: unknown, name: string): unknown {
  return isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** As `field`, where it is text. */
export function textField(value: unknown, name: string): string | undefined {
  const found = field(value, name)
  return typeof found === 'string' ? found : undefined
}

/** As `field`, where it is a number that an amount can be: finite and not below 0. */
export function amountField(value: unknown, name: string): number | undefined {
  const found = field(value, name)
  // JSON has no -0.
  return typeof found === 'number' && Number.isFinite(found) && found >= 0 ? found + 0 : undefined
}

/** As `field`, where it is a list; otherwise an empty one. */
export function listField(value: unknown, name: string): readonly unknown[] {
  const found = field(value, name)
  return Array.isArray(found) ? found : []
}

/** Whether the value is an object with named fields. */
export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)
