import { AgentSessionError, type Channel, errorText } from '@agent-session/core'
import { field, isFields, textField } from '@agent-session/core/transport'
import type { AgentRpcPage } from './page-list.ts'

/** The host's end of a plain channel: requests are answered and events are told by the packets of `channelLine`. */
export function channelHost(
  channel: Channel,
  requests: Readonly<Record<string, (params: never) => Promise<unknown>>>,
  onProblem: (problem: AgentSessionError) => void,
): { readonly page: AgentRpcPage; readonly close: () => void } {
  function post(packet: object): void {
    try {
      channel.post(packet)
    } catch (cause) {
      onProblem(new AgentSessionError('disconnected', `An answer could not be sent to the page: ${errorText(cause)}`, { cause }))
    }
  }

  async function answer(id: unknown, method: string, params: unknown): Promise<void> {
    const handler: unknown = Object.hasOwn(requests, method) ? requests[method] : undefined
    try {
      if (typeof handler !== 'function') throw new AgentSessionError('not-supported', `This host has no request named ${JSON.stringify(method)}.`)
      const payload: unknown = await Reflect.apply(handler, requests, [params])
      post({ type: 'response', id, success: true, payload })
    } catch (thrown) {
      post({ type: 'response', id, success: false, error: errorText(thrown) })
    }
  }

  const unsubscribe = channel.subscribe((packet) => {
    if (!isFields(packet) || field(packet, 'type') !== 'request') return
    const id = field(packet, 'id')
    // Without an id nobody could take the answer.
    if (typeof id === 'string' || typeof id === 'number') void answer(id, textField(packet, 'method') ?? '', field(packet, 'params'))
  })

  return {
    page: { send: (name, payload) => channel.post({ type: 'message', id: name, payload }) },
    close: unsubscribe,
  }
}
