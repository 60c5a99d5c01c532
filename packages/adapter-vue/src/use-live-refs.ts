import { customRef, getCurrentInstance, getCurrentScope, onBeforeMount, onScopeDispose, type Ref } from 'vue'

/** A read-only ref for each part. */
export type Refs<Parts> = { readonly [Part in keyof Parts]: Readonly<Ref<Parts[Part]>> }

/** Makes a ref of what somebody else keeps: `read` and `subscribe` get the subject, and follow it when it is another; of `undefined` nothing comes. */
export type LiveRef = <Subject, Value>(
  subject: () => Subject,
  read: (subject: Subject) => Value,
  subscribe: (subject: Subject, changed: () => void) => (() => void) | undefined,
) => Readonly<Ref<Value>>

/**
 * Refs that subscribe when they are first read and end with the scope; read at any time, they tell how things stand.
 * In a component they begin just before the mount: a server render comes no further than setup, so it subscribes nothing
 * and leaves nothing behind.
 */
export function useLiveRefs(): LiveRef {
  if (!getCurrentScope()) {
    // Nothing else would end its subscriptions.
    throw new Error('agent-session: call it in setup, or in effectScope().run()')
  }
  const begins: (() => void)[] = []
  const component = getCurrentInstance()
  // In `onMounted`, and later, nothing is left to wait for.
  let open = !component || component.isMounted
  if (!open) {
    onBeforeMount(() => {
      open = true
      for (const begin of begins) begin()
    })
  }
  onScopeDispose(() => (open = false))

  return (subject, read, subscribe) =>
    customRef((track, trigger) => {
      // `undefined` before it is read, and where there is nothing to subscribe to.
      let followed: ReturnType<typeof subject> | undefined
      let seen: ReturnType<typeof read> | undefined
      let unsubscribe: (() => void) | undefined
      begins.push(() => {
        if (followed === undefined) return
        unsubscribe = subscribe(followed, trigger)
        // Time may have passed since setup, where that is async.
        if (read(followed) !== seen) trigger()
      })
      onScopeDispose(() => unsubscribe?.())
      return {
        get() {
          track()
          const next = subject()
          if (followed !== next) {
            unsubscribe?.()
            unsubscribe = open ? subscribe(next, trigger) : undefined
            followed = next
          }
          return (seen = read(next))
        },
        // For plain JavaScript and `v-model`, which the types cannot hold back.
        set() {
          throw new TypeError('agent-session: change it by its commands')
        },
      }
    })
}
