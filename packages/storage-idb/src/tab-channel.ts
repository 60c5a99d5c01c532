/** `ping`: here is somebody who wants to know, of the writer too; `pong`: the writer is alive; a list: sessions that were written or deleted. */
type TabMessage = 'ping' | 'pong' | readonly string[]

/** What the tabs that use one database tell each other. */
export interface TabChannel {
  /** Somebody else has asked: without that, nobody needs to be told. */
  readonly heard: boolean
  /** To all others; a tab does not hear itself. False: there is no way to tell them. */
  post(message: TabMessage): boolean
  /** Ends with the function that it gives. */
  listen(listener: (message: TabMessage) => void): () => void
  close(): void
}

/** Opens with the first use, so that a storage may be made where there is no such thing. */
export function tabChannel(name: string): TabChannel {
  const listeners = new Set<(message: TabMessage) => void>()
  let channel: BroadcastChannel | undefined
  let heard = false
  let closed = false
  const open = (): BroadcastChannel | undefined => {
    if (closed || !globalThis.BroadcastChannel) return undefined
    channel ??= Object.assign(new BroadcastChannel(name), {
      onmessage({ data }: MessageEvent<TabMessage>) {
        heard = true
        for (const listener of listeners) listener(data)
      },
    })
    return channel
  }
  return {
    get heard() {
      return heard
    },
    post(message) {
      const others = open()
      // A channel, and no window: it has no origin to name.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      others?.postMessage(message)
      return others !== undefined
    },
    listen(listener) {
      listeners.add(listener)
      open()
      return () => listeners.delete(listener)
    },
    close() {
      closed = true
      channel?.close()
    },
  }
}
