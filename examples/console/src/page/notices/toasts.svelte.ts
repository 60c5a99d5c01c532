import { useNotifications } from '@agent-session/adapter-svelte'
import type { AgentStore, Notification } from '@agent-session/core'
import { SvelteMap } from 'svelte/reactivity'

export interface Toast {
  readonly id: string
  readonly variant: Notification['variant']
  readonly text: string
  /** What the session is called that it is about, once it is known; absent where it is on the screen. */
  readonly about?: string | undefined
  readonly href?: string | undefined
  /** Ms until it goes by itself; `undefined`: it stays until it is dismissed. */
  readonly shownMs: number | undefined
  /** It is about what is on the screen, and lies over it for a moment: the status of the session has said it too. */
  readonly seen?: boolean
}

export interface ToastsOptions {
  /** Where a session is to be found. */
  readonly hrefOf: (told: Notification) => string
  /** Whether the person sees it happen: it then needs no more than a nod. */
  readonly isSeen: (told: Notification) => boolean
  /** What a session is called: a project may have several. */
  readonly titleOf: (told: Notification) => Promise<string>
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
  readonly #titles = new SvelteMap<string, string>()

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
    if (gone === undefined) return
    this.#forgetBefore(id)
    this.#remove(({ text, href }) => text === gone.text && href === gone.href)
  }

  dismissAll(): void {
    for (const { id } of this.#everything) this.#forgetBefore(id)
    this.#remove(() => true)
  }

  /** What was not shown any more for the sake of this one does not come back when it goes. */
  #forgetBefore(id: string): void {
    const last = this.#told.notifications.find((one) => `told-${one.id}` === id)
    if (last === undefined || !this.#isNod(last)) return
    for (const one of this.#told.notifications) if (one.id < last.id && one.sessionId === last.sessionId && this.#isNod(one)) this.#told.dismiss(one.id)
  }

  #remove(isMeant: (toast: Toast) => boolean): void {
    const meant = new Set(this.#everything.filter(isMeant).map(({ id }) => id))
    this.#own = this.#own.filter(({ id }) => !meant.has(id))
    for (const { id } of this.#told.notifications) if (meant.has(`told-${id}`)) this.#told.dismiss(id)
  }

  readonly #everything = $derived.by(() => {
    const all = this.#told.notifications.map((one) => ({ one, isNod: this.#isNod(one) }))
    // Who looks on sees how it stands: of such a session the last word is enough.
    const last = all.filter(({ one, isNod }, index) => !isNod || !all.slice(index + 1).some((later) => later.isNod && later.one.sessionId === one.sessionId))
    const told = last.map(({ one, isNod }) => ({ ...this.#toastOf(one, isNod), after: one.id }))
    return [...told, ...this.#own].sort((a, b) => a.after - b.after)
  })

  readonly #all = $derived(this.#everything.filter(({ text, href }, index, all) => !all.slice(index + 1).some((later) => later.text === text && later.href === href)))

  #isNod(told: Notification & { readonly id: number }): boolean {
    const known = this.#nods.get(told.id)
    if (known !== undefined) return known
    const isNod = this.#options.isSeen(told)
    this.#nods.set(told.id, isNod)
    // As it is called now: it has its name from a prompt that may have come since.
    if (!isNod) void this.#options.titleOf(told).then((title) => this.#titles.set(told.sessionId, title))
    return isNod
  }

  #toastOf(told: Notification & { readonly id: number }, isNod: boolean): Toast {
    const lasts = isNod ? (told.variant === 'error' ? shownMs : seenMs) : told.variant === 'error' ? undefined : shownMs
    const about = isNod ? undefined : this.#titles.get(told.sessionId)
    return { id: `told-${told.id}`, variant: told.variant, text: told.message, about, href: this.#options.hrefOf(told), shownMs: lasts, seen: isNod }
  }
}
