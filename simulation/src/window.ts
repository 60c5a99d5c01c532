import { connectAgentStore, serveAgentStore, type MirrorStore } from '@agent-session/bridge'
import type { AgentStore, Channel, Clock } from '@agent-session/core'

/** A window that mirrors the store of a process, over a channel that can lose what it carries. */
export class Window {
  readonly mirror: MirrorStore
  /** Nothing was lost on the way to it: it is to show what the store holds. */
  whole = true
  readonly #close: () => void
  #losing = 0

  constructor(store: AgentStore, clock: Clock) {
    const [host, own] = this.#channel()
    this.#close = serveAgentStore(store, host, { clock })
    this.mirror = connectAgentStore(own, { clock, random: () => 0 })
    // A host that goes before its first answer leaves nothing to be ready for.
    this.mirror.ready.catch(() => {})
  }

  /** The next packet to the window is lost. */
  loseNext(): void {
    this.#losing += 1
    this.whole = false
  }

  async close(): Promise<void> {
    this.#close()
    await this.mirror.dispose()
  }

  #channel(): [Channel, Channel] {
    const listeners = [new Set<(data: unknown) => void>(), new Set<(data: unknown) => void>()] as const
    const side = (to: 0 | 1): Channel => ({
      post: (data) => {
        if (to === 1 && this.#losing > 0) {
          this.#losing -= 1
          return
        }
        queueMicrotask(() => {
          for (const listener of listeners[to]) listener(data)
        })
      },
      subscribe: (listener) => {
        const from = listeners[to === 1 ? 0 : 1]
        from.add(listener)
        return () => void from.delete(listener)
      },
    })
    return [side(1), side(0)]
  }
}
