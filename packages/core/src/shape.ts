/** Checks of unknown data at the border, by the shape it must have. */

/** Whether a value is of a kind. */
export type Check = (value: unknown) => boolean
/** The fields that an object must have; others are its own business. */
export type Shape = Readonly<Record<string, Check>>

export const string: Check = (value) => typeof value === 'string'
export const boolean: Check = (value) => typeof value === 'boolean'
/** A finite number that is not negative. */
export const amount: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0
/** A whole number that is not negative: a count, a place. */
export const count: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0
export const anything: Check = () => true
export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
export const oneOf =
  (...words: string[]): Check =>
  (value) =>
    typeof value === 'string' && words.includes(value)
export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
export const shaped =
  (shape: Shape): Check =>
  (value) =>
    misfit(value, shape) === undefined

/** The first field that does not fit, `value` where it is no object; own fields only, so that no prototype ever answers. */
export function misfit(value: unknown, shape: Shape): string | undefined {
  if (typeof value !== 'object' || value === null) return 'value'
  for (const name in shape) {
    const found: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined
    if (!shape[name]?.(found)) return name
  }
  return undefined
}
