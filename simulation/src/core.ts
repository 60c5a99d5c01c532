import type * as core from '@agent-session/core'

/** What is simulated: the core as it is, or a copy with a bug planted. */
export type Core = Pick<typeof core, 'createAgentStore' | 'createMemoryStorage' | 'createSessionList'>
