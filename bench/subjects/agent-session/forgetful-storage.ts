import type { SessionStorage } from '@agent-session/core'

/**
 * Takes every commit and keeps nothing: what a session costs in memory, and not what a storage beside it does. (The
 * peers keep nothing but what is on screen.)
 */
export function forgetfulStorage(): SessionStorage {
  return {
    commit: async () => {},
    lastSession: async () => undefined,
    listSessions: async () => [],
    loadSession: async () => undefined,
    loadMessages: async () => [],
    deleteSessions: async () => {},
  }
}
