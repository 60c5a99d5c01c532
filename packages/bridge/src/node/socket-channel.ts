import type { WebSocket } from 'ws'
import type { BufferedChannel } from '../line-channel.ts'
import { parsePlain } from '../plain-data.ts'
import { heartbeat } from '../protocol/socket-line.ts'

/**
 * The host's end of one WebSocket. A client that sends what is no JSON is sent away, and so is one that asks and asks
 * and never reads: `maxUnreadBytes` is what may wait for it.
 */
export function socketChannel(socket: WebSocket, maxUnreadBytes: number): BufferedChannel {
  const drainListeners = new Set<() => void>()
  return {
    get bufferedBytes() {
      return socket.bufferedAmount
    },
    post(data) {
      if (socket.readyState !== socket.OPEN) return
      if (socket.bufferedAmount > maxUnreadBytes) return socket.terminate()
      socket.send(JSON.stringify(data), (error) => {
        // A line that fails ends in a `close` of its own.
        if (error == null && socket.bufferedAmount === 0) for (const listener of drainListeners) listener()
      })
    },
    subscribe(listener) {
      const onMessage = (data: unknown, isBinary: boolean): void => {
        const text = isBinary ? undefined : String(data)
        if (text === heartbeat.question) return socket.readyState === socket.OPEN ? socket.send(heartbeat.answer) : undefined
        let value: unknown
        try {
          if (text === undefined) throw new SyntaxError('Binary data is no packet.')
          value = parsePlain(text)
        } catch {
          return socket.close(1007, 'not JSON')
        }
        listener(value)
      }
      socket.on('message', onMessage)
      return () => void socket.off('message', onMessage)
    },
    onDrain(listener) {
      const own = (): void => listener()
      drainListeners.add(own)
      return () => void drainListeners.delete(own)
    },
    close: () => socket.close(),
  }
}
