/** `ping`: here is somebody who wants to know, of the writer too; `pong`: the writer is alive; a list: sessions that were written or deleted. */
type TabMessage = 'ping' | 'pong' | readonly string[]

/** What the tabs that use one database tell each other. */
export interface TabChannel {
  /** Somebody else has asked: without that, nobody needs to be told. */
  readonly heard: boolean
  /** To all others; a tab does not hear itself. False: there is no way to tell them. */
  post(message: TabMessage): boolean
  /** Ends with the function that it gives. Nothing is heard where there is no way to tell. */
  listen(listener: (message: TabMessage) => void): () => void
  close(): void
}

/** Opens with the first use, so that a storage may be made where there is no such thing. */
export function tabChannel(name: string): TabChannel {
  let channel: BroadcastChannel | undefined
  let heard = false
  let closed = false
  const open = (): BroadcastChannel | undefined => {
    if (!channel && !closed && globalThis.BroadcastChannel) {
      channel = new BroadcastChannel(name)
      channel.addEventListener('message', () => (heard = true))
    }
    return channel
  }
  return {
    get heard() {
      return heard
    },
    post(message) {
      // A channel, and no window: it has no origin to name.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      open()?.postMessage(message)
      return channel !== undefined
    },
    listen(listener) {
      const hear = ({ data }: MessageEvent<TabMessage>): void => listener(data)
      open()?.addEventListener('message', hear)
      return () => channel?.removeEventListener('message', hear)
    },
    close() {
      closed = true
      channel?.close()
      channel = undefined
    },
  }
}
