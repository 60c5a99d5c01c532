import type { Live } from '@agent-session/core'
import { untrack } from 'svelte'
import { createSubscriber } from 'svelte/reactivity'

/**
 * What `make` gives of a subject, reactive: what reads a part of it runs again when something of it changes, and keeps it
 * up to date while it lasts. Where the subject is another, so is what is read.
 */
export function reactive<Subject, Source extends Live>(subject: () => Subject, make: (subject: Subject) => Source): Source {
  const begin = (of: Subject) => {
    const source = make(of)
    return { of, source, track: createSubscriber((update) => source.subscribe(update)) }
  }
  let now = begin(untrack(subject))
  return new Proxy(now.source, {
    get(_, name) {
      const of = subject()
      if (of !== now.of) now = begin(of)
      const value: unknown = Reflect.get(now.source, name)
      if (typeof value === 'function') return value.bind(now.source)
      now.track()
      return value
    },
  })
}
