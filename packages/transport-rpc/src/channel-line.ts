import { AgentSessionError, type Channel, errorText } from '@agent-session/core'
import { field, textField } from '@agent-session/core/transport'
import type { PageLine } from './page-line.ts'
import type { EventName } from './wire.ts'

/**
 * The page's end of a plain channel. What travels are the packets of Electrobun's RPC, so that either end may be one:
 *
 * | packet | fields |
 * | --- | --- |
 * | request | `type: 'request', id, method, params` |
 * | response | `type: 'response', id, success: true, payload`, or `success: false, error` |
 * | event | `type: 'message', id: NAME, payload` |
 */
export function channelLine(channel: Channel, makeId: () => string): PageLine {
  // A page that was loaded anew must not take the answers to the one before it.
  const page = makeId()
  const waiting = new Map<string, (packet: unknown) => void>()
  const listeners = new Map<EventName, Set<(payload: unknown) => void>>()
  let requests = 0
  let unsubscribe: (() => void) | undefined

  function receive(packet: unknown): void {
    const [type, id] = [textField(packet, 'type'), textField(packet, 'id') ?? '']
    if (type === 'response') waiting.get(id)?.(packet)
    if (type !== 'message') return
    for (const [name, ofName] of listeners) if (name === id) for (const listener of ofName) listener(field(packet, 'payload'))
  }

  /** The channel is listened to for as long as somebody waits for something. */
  function settle(): void {
    if (waiting.size > 0 || listeners.size > 0) unsubscribe ??= channel.subscribe(receive)
    else {
      unsubscribe?.()
      unsubscribe = undefined
    }
  }

  const nextId = (): string => `${page}/${(requests += 1)}`

  return {
    ask: (method, params) =>
      new Promise((resolve, reject) => {
        const id = nextId()
        const settled = (): void => {
          waiting.delete(id)
          settle()
        }
        // Before it is sent: an answer may come at once.
        waiting.set(id, (packet) => {
          settled()
          if (field(packet, 'success') === true) resolve(field(packet, 'payload'))
          else reject(new AgentSessionError('transport-refused', textField(packet, 'error') ?? `The host refused ${method} without a reason.`))
        })
        settle()
        try {
          channel.post({ type: 'request', id, method, params })
        } catch (cause) {
          settled()
          reject(new AgentSessionError('disconnected', `${method} could not be sent to the host: ${errorText(cause)}`, { cause }))
        }
      }),

    tell(method, params) {
      try {
        channel.post({ type: 'request', id: nextId(), method, params })
      } catch {
        // A channel that is closed: there is nobody to tell.
      }
    },

    listen(name, listener) {
      const ofName = listeners.get(name) ?? new Set()
      listeners.set(name, ofName.add(listener))
      settle()
      return () => {
        ofName.delete(listener)
        if (ofName.size === 0) listeners.delete(name)
        settle()
      }
    },
  }
}
