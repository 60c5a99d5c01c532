import type { HeldMessage } from '../subjects/held-message.ts'

/** The messages with the one that is going to stream after them. */
export const withStream = (held: readonly HeldMessage[]): HeldMessage[] => [...held, { id: 'stream', role: 'assistant', content: '' }]
