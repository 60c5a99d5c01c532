import { createMemoryStorage } from '../defaults/memory-storage.ts'
import { nextMacrotask } from '../defaults/system-clock.ts'
import type { AgentEvent } from '../ports/agent-event.ts'
import type { AgentTransport } from '../ports/agent-transport.ts'
import type { AgentSession } from '../session/agent-session.ts'
import { createAgentStore } from '../store/create-agent-store.ts'
import { standingClock } from './transport-trial.ts'

/** The session that events make, which were heard of a transport whose run had that id. */
export async function playEvents(events: readonly AgentEvent[], run = 'run-1'): Promise<AgentSession> {
  const listeners = new Set<(event: AgentEvent) => void>()
  let given = { sessionId: '', run: '' }
  const transport: AgentTransport = {
    start: async (command) => {
      given = command
      return { ok: true }
    },
    prompt: async () => ({ ok: true }),
    stop: async () => ({ ok: true }),
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  let ids = 0
  const store = createAgentStore({ transport, storage: createMemoryStorage(), clock: standingClock(0), newId: () => `id-${(ids += 1)}` })
  const started = await store.start('project', { provider: 'agent', prompt: 'Say hello' })
  const session = started.ok ? store.findSession(started.sessionId) : undefined
  if (session === undefined) throw new Error('the session was not started')
  for (const event of events) {
    if (event.type === 'connection') continue
    const own = { ...event, sessionId: given.sessionId, ...(event.run === run && { run: given.run }) }
    for (const listener of listeners) listener(own)
  }
  await nextMacrotask()
  await store.dispose()
  return session
}
