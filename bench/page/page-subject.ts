import type { HeldMessage } from '../subjects/held-message.ts'

/** What shows a list in a page. Each module of `page/subjects/` exports one. */
export interface PageSubject {
  /** Shows the messages as `li` elements, and after them one that streams and is still empty. Gives what streams a delta into it. */
  mount(target: HTMLElement, held: readonly HeldMessage[]): Promise<() => void>
}

/** A component that reads every message. Each module of `page/reads/` exports one. */
export interface ReadSubject {
  /** Holds the messages; what it gives mounts the component, and is what is timed. */
  open(held: readonly HeldMessage[]): Promise<(target: HTMLElement) => void>
}
