export const isText = (value: unknown): value is string => typeof value === 'string'
/** A number that an amount can be: finite and not below 0. */
export const isAmount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && isAmount(value)
export const isTextList = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText)
