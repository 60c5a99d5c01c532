import type { AgentSessionEvent } from '../ports/agent-event.ts'

type WithoutScope<Event> = Event extends unknown ? Omit<Event, 'sessionId' | 'run' | 'cursor'> : never

/** An event before it is known to which session and run it belongs. */
export type EventBody = WithoutScope<AgentSessionEvent>
