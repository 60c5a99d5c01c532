declare const crypto: { randomUUID?(): string; getRandomValues(bytes: Uint8Array): Uint8Array }

/** A new id that nobody can guess and that fits every border: letters, digits and dashes. */
export const newId = (): string => crypto.randomUUID?.() ?? randomHex()

/** In a page that came without TLS there is no `randomUUID`. */
const randomHex = (): string => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')

/** From 0 to below 1. For jitter only. */
export const random = (): number => Math.random()
