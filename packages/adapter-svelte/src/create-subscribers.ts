import { createSubscriber } from 'svelte/reactivity'

/**
 * `createSubscriber` for many things of a kind, each by its key: the first effect that reads a key starts it, the last
 * that goes stops it. A key is kept only while it is read: a session has more messages than anybody looks at.
 */
export function createSubscribers(start: (key: string, update: () => void) => () => void): (key: string) => void {
  const read = new Map<string, () => void>()
  const begin = (key: string): (() => void) => {
    const track = createSubscriber((update) => {
      read.set(key, track)
      const stop = start(key, update)
      return () => {
        read.delete(key)
        stop()
      }
    })
    return track
  }
  return (key) => (read.get(key) ?? begin(key))()
}
