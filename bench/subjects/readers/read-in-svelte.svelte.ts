import { flushSync } from 'svelte'

/** Runs `read` in an effect as a component's: now, and whenever what it read has changed. Gives its end. */
export function readInSvelte(read: () => void): () => void {
  const stop = $effect.root(() => {
    $effect(read)
  })
  flushSync()
  return stop
}
