import { createAgentStore, type AgentStore } from '@agent-session/core'
import { createScriptedTransport } from '@agent-session/core/testing'
import type { HeldMessage } from '../held-message.ts'
import { piece } from '../subject.ts'
import { forgetfulStorage } from './forgetful-storage.ts'

/** A store with one session whose agent the bench speaks for. */
export interface OpenSession {
  readonly store: AgentStore
  delta(): void
  message(type: 'tool_call' | 'tool_result' | 'text'): void
  /** The text that streams begins anew, as another message. */
  nextText(): void
}

export const project = 'bench'
/** So that all stays in memory, as it does with the others: by default 2,000 messages do. */
const all = 100_000_000
const eventsAtOnce = 1_000

/** With `residentMessages` the store holds as many, and lets go of those that are saved. */
export async function openSession(
  held: readonly HeldMessage[],
  schedule: (flush: () => void) => void,
  residentMessages = all,
): Promise<OpenSession> {
  const transport = createScriptedTransport()
  const store = createAgentStore({ transport, schedule, storage: forgetfulStorage(), limits: { residentMessages } })
  const started = await store.start(project, { provider: 'bench', prompt: 'Go.' })
  if (!started.ok) throw new Error(started.error)
  const { sessionId } = started
  for (let at = 0; at < held.length; at += eventsAtOnce) {
    const messages = held.slice(at, at + eventsAtOnce).map(({ id, role, content }) => ({
      id,
      type: role === 'user' ? ('user' as const) : ('text' as const),
      content: { text: content },
      timestamp: 0,
    }))
    transport.emit({ type: 'message', sessionId, messages })
    // What a session loads is saved like anything else; it is not to fall into the measuring.
    if (residentMessages < all) await store.flush()
  }
  await store.flush()

  let texts = 0
  let offset = 0
  let turns = 0
  return {
    store,
    delta() {
      transport.emit({ type: 'delta', sessionId, id: `stream-${texts}`, kind: 'text', text: piece, offset })
      offset += piece.length
    },
    message(type) {
      if (type === 'tool_call') turns += 1
      const id = `${type}-${turns}`
      const toolCallId = `call-${turns}`
      const content = {
        tool_call: { name: 'Bash', input: { command: 'run' }, toolCallId },
        tool_result: { output: 'line of output\n', toolCallId },
        text: { text: piece },
      }[type]
      transport.emit({ type: 'message', sessionId, messages: [{ id, type, content, timestamp: 0 }] })
    },
    nextText() {
      texts += 1
      offset = 0
    },
  }
}
