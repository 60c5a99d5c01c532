/** Small, so that a short story reaches them. */
export const limits = {
  stallMs: 60_000,
  cleanupMs: 30_000,
  saveDelayMs: 2_000,
  retryMinMs: 500,
  retryMaxMs: 4_000,
  commitTimeoutMs: 10_000,
  queuedPrompts: 3,
  reorderEvents: 16,
  reorderMs: 1_000,
  residentMessages: 10,
  pageSize: 8,
} as const

export const retention = { count: 3, days: 7 } as const
