import { fieldOf, isPlainObject } from './plain-data.ts'

/** Whether a value is of a kind. */
export type Check = (value: unknown) => boolean
/** The fields that an object must have; others are its own business. */
export type Shape = Readonly<Record<string, Check>>
/** The same, one for each field of a type: a field that is added there must be given its check. */
export type ShapeOf<Fields> = { readonly [Field in keyof Required<Fields>]: Check }

export const text: Check = (value) => typeof value === 'string'
export const flag: Check = (value) => typeof value === 'boolean'
/** A finite number that is not negative. */
export const amount: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0
export const count: Check = (value) => Number.isSafeInteger(value) && amount(value)
export const anything: Check = () => true
export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
export const oneOf =
  (...words: readonly unknown[]): Check =>
  (value) =>
    words.includes(value)
export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)

/** Own fields only, so that no prototype ever answers. */
export const fits = (value: unknown, shape: Shape): boolean =>
  isPlainObject(value) && Object.entries(shape).every(([name, check]) => check(fieldOf(value, name)))

export const shaped =
  (shape: Shape): Check =>
  (value) =>
    fits(value, shape)
