/** A row as a driver gives it: with or without a prototype, and with values that nobody has checked. */
export type Row = Readonly<Record<string, unknown>>

export const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null

export const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

/** The value where it is one of the words. */
export const oneOf = <T extends string>(words: readonly T[], value: unknown): T | undefined => words.find((word) => word === value)
