import type { Notification } from '@agent-session/core'

export interface Toast {
  readonly id: number
  readonly variant: Notification['variant']
  readonly text: string
  readonly href?: string | undefined
}

const shownMs = 7_000
/** What the person sees happen needs no more than a nod. */
const seenMs = 2_500
const most = 4

/** What happened elsewhere, shown for a while; what went wrong, until it is dismissed. */
export class Toasts {
  #shown = $state.raw<readonly Toast[]>([])
  #count = 0

  get shown(): readonly Toast[] {
    return this.#shown
  }

  show(variant: Toast['variant'], text: string, { href, seen = false }: { href?: string; seen?: boolean } = {}): void {
    const id = (this.#count += 1)
    this.#shown = [...this.#shown.filter((toast) => toast.text !== text), { id, variant, text, href }].slice(-most)
    if (variant !== 'error' || seen) setTimeout(() => this.dismiss(id), seen && variant !== 'error' ? seenMs : shownMs)
  }

  dismiss(id: number): void {
    this.#shown = this.#shown.filter((toast) => toast.id !== id)
  }
}
