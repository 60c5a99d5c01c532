import { isDeepStrictEqual } from 'node:util'
import type { MessageRecord, SessionMessage } from '@agent-session/core'

/** What of a message is stored as it is shown: that it goes on is known of a page that is read back only by its run. */
export function lasting(message: SessionMessage): unknown {
  const { streaming: _streaming, cut: _cut, toolState: _toolState, ...rest } = message
  return JSON.parse(JSON.stringify(rest))
}

export function differences(shown: readonly SessionMessage[], stored: readonly MessageRecord[]): string {
  const byId = new Map(stored.map((message) => [message.id, message]))
  const lines = shown.flatMap((message) => {
    const other = byId.get(message.id)
    byId.delete(message.id)
    if (other === undefined) return [`not stored: ${JSON.stringify(message)}`]
    return isDeepStrictEqual(lasting(message), lasting(other)) ? [] : [`${JSON.stringify(message)} / ${JSON.stringify(other)}`]
  })
  return ['', ...lines, ...[...byId.keys()].map((id) => `stored alone: ${id}`)].join('\n    ')
}
