/** From 0 to below 1. For jitter only. */
export const random = (): number => Math.random()
