// A key of these names would reach an object's prototype where the data is merged carelessly.
const unsafeKeys = new Set(['__proto__', 'constructor', 'prototype'])

/** Stored JSON is read as what anybody may have written. */
export const parseJson = (text: string): unknown => JSON.parse(text, (key, value: unknown) => (unsafeKeys.has(key) ? undefined : value))
