/** What a back end sends, before anything is known of it. Fields are looked up as own ones, so that no prototype ever answers. */
export type Fields = Readonly<Record<string, unknown>>

/** The value as an object with named fields; `undefined` where it is none. */
export function fieldsOf(value: unknown): Fields | undefined {
  return isFields(value) ? value : undefined
}

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
  return typeof found === 'number' && Number.isFinite(found) && found >= 0 ? found : undefined
}

/** The fields of these names that are there, as they are. */
export function pickFields(value: unknown, names: readonly string[]): Fields {
  const all = fieldsOf(value) ?? {}
  return Object.fromEntries(names.flatMap((name) => (Object.hasOwn(all, name) && all[name] !== undefined ? [[name, all[name]]] : [])))
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)
