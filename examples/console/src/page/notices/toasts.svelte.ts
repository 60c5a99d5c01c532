import { useNotifications } from '@agent-session/adapter-svelte'
import type { AgentStore, Notification } from '@agent-session/core'

export interface Toast {
  readonly id: string
  readonly variant: Notification['variant']
  readonly text: string
  readonly href?: string | undefined
  /** Ms until it goes by itself; `undefined`: it stays until it is dismissed. */
  readonly shownMs: number | undefined
  /** The person saw it happen, and the status of the session said it. */
  readonly seen?: boolean
}

export interface ToastsOptions {
  /** Where a session is to be found. */
  readonly hrefOf: (told: Notification) => string
  /** Whether the person sees it happen: it then needs no more than a nod. */
  readonly isSeen: (told: Notification) => boolean
}

const shownMs = 7_000
const seenMs = 2_500
const most = 4

/**
 * What happened elsewhere, shown for a while; what went wrong, until it is dismissed. What the store tells comes from the
 * adapter, what the page itself has to say is put beside it. Make it while a component initialises.
 */
export class Toasts {
  readonly #told
  readonly #options: ToastsOptions
  #own = $state.raw<readonly (Toast & { readonly after: number })[]>([])
  #count = 0
  /** Whether it was seen is decided once, as it comes. */
  readonly #nods = new Map<number, boolean>()

  constructor(store: AgentStore, options: ToastsOptions) {
    this.#told = useNotifications(store)
    this.#options = options
  }

  /** Oldest first, each text once, and no more than a person can take in. */
  get shown(): readonly Toast[] {
    return this.#all.slice(-most)
  }

  /** How many others wait until one of those that are shown has gone. */
  get others(): number {
    return Math.max(0, this.#all.length - most)
  }

  show(variant: Toast['variant'], text: string, { href }: { readonly href?: string } = {}): void {
    const id = `page-${(this.#count += 1)}`
    const after = this.#told.notifications.at(-1)?.id ?? 0
    this.#own = [...this.#own, { id, variant, text, href, shownMs: variant === 'error' ? undefined : shownMs, after }]
  }

  /** Takes it away, and with it all that say the same. */
  dismiss(id: string): void {
    const gone = this.#everything.find((toast) => toast.id === id)
    if (gone !== undefined) this.#remove(({ text, href }) => text === gone.text && href === gone.href)
  }

  dismissAll(): void {
    this.#remove(() => true)
  }

  #remove(isMeant: (toast: Toast) => boolean): void {
    const meant = new Set(this.#everything.filter(isMeant).map(({ id }) => id))
    this.#own = this.#own.filter(({ id }) => !meant.has(id))
    for (const { id } of this.#told.notifications) if (meant.has(`told-${id}`)) this.#told.dismiss(id)
  }

  readonly #everything = $derived.by(() => {
    const told = this.#told.notifications.map((one) => ({ ...this.#toastOf(one), after: one.id }))
    return [...told, ...this.#own].sort((a, b) => a.after - b.after)
  })

  readonly #all = $derived(this.#everything.filter(({ text, href }, index, all) => !all.slice(index + 1).some((later) => later.text === text && later.href === href)))

  #toastOf(told: Notification & { readonly id: number }): Toast {
    const nod = this.#nods.get(told.id) ?? this.#options.isSeen(told)
    this.#nods.set(told.id, nod)
    const lasts = nod ? (told.variant === 'error' ? shownMs : seenMs) : told.variant === 'error' ? undefined : shownMs
    return { id: `told-${told.id}`, variant: told.variant, text: told.message, href: this.#options.hrefOf(told), shownMs: lasts, seen: nod }
  }
}
