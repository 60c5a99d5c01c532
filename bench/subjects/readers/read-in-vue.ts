import { effectScope, watchEffect } from 'vue'

/** Runs `read` in a watcher as a component's: now, and whenever what it read has changed. Gives its end. */
export function readInVue(read: () => void): () => void {
  const scope = effectScope()
  scope.run(() => watchEffect(read))
  return () => scope.stop()
}
