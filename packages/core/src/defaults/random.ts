declare const crypto: { randomUUID(): string }

/** A new id that nobody can guess and that fits every border: letters, digits and dashes. */
export const newId = (): string => crypto.randomUUID()

/** From 0 to below 1. For jitter only. */
export const random = (): number => Math.random()
