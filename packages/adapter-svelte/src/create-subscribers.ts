import { createSubscriber } from 'svelte/reactivity'

/**
 * `createSubscriber` for many things of a kind, each by its key: the first effect that reads a key starts it, the last
 * that goes stops it. A key is kept only while it is read: a session has more messages than anybody looks at.
 */
export function createSubscribers<Key extends string>(start: (key: Key, update: () => void) => () => void): (key: Key) => void {
  const read = new Map<Key, () => void>()
  return (key) => {
    const track: () => void =
      read.get(key) ??
      createSubscriber((update) => {
        read.set(key, track)
        const stop = start(key, update)
        return () => {
          read.delete(key)
          stop()
        }
      })
    track()
  }
}
