import { flushSync } from 'svelte'
import { SvelteSet } from 'svelte/reactivity'
import type { Attachment } from 'svelte/attachments'

/** What is this near to the part in view is made already: a turn of the wheel finds it there. */
const margin = 2_400
const firstGuess = 90

/**
 * Which chunks of a long conversation are made: those near to what is in view. A chunk that leaves keeps its height, so
 * that the scrollbar tells the truth as far as it is known. Make it while a component initialises.
 */
export class RowWindow {
  readonly #near = new SvelteSet<number>()
  readonly #keys = new WeakMap<Element, number>()
  readonly #rows = new WeakMap<Element, () => number>()
  readonly #heights = new Map<number, number>()
  /** Carries a change out so that what is in view stays where it is. */
  readonly #keepPlace: (change: () => void) => void
  #observer: IntersectionObserver | undefined
  #measured = { rows: 0, height: 0 }

  constructor(keepPlace: (change: () => void) => void) {
    this.#keepPlace = keepPlace
    $effect(() => () => this.#observer?.disconnect())
  }

  isNear(key: number): boolean {
    return this.#near.has(key)
  }

  /** In px: as it was when it was last made, else as high as so many rows are on average. */
  height(key: number, rows: number): number {
    const { rows: counted, height } = this.#measured
    return this.#heights.get(key) ?? Math.round(rows * (counted === 0 ? firstGuess : height / counted))
  }

  /** For the element of a chunk, which lies in the one that scrolls. */
  watch(key: number, rows: () => number): Attachment<HTMLElement> {
    return (element) => {
      this.#observer ??= new IntersectionObserver((entries) => this.#take(entries), { root: element.closest('[role=log]'), rootMargin: `${margin}px 0px` })
      const observer = this.#observer
      this.#keys.set(element, key)
      this.#rows.set(element, rows)
      observer.observe(element)
      return () => {
        observer.unobserve(element)
        this.#near.delete(key)
        this.#heights.delete(key)
      }
    }
  }

  #take(entries: readonly IntersectionObserverEntry[]): void {
    const come: number[] = []
    const go: number[] = []
    for (const { target, isIntersecting } of entries) {
      const key = this.#keys.get(target)
      if (key === undefined || !target.isConnected) continue
      if (isIntersecting) {
        if (!this.#near.has(key)) come.push(key)
        continue
      }
      // One that is made for another reason may stop being so.
      if (!target.classList.contains('far')) this.#measure(key, target)
      if (this.#near.has(key) && !isHeld(target)) go.push(key)
    }
    if (come.length + go.length === 0) return
    this.#keepPlace(() => {
      for (const key of come) this.#near.add(key)
      for (const key of go) this.#near.delete(key)
      flushSync()
    })
  }

  #measure(key: number, element: Element): void {
    const { height } = element.getBoundingClientRect()
    this.#heights.set(key, height)
    this.#measured = { rows: this.#measured.rows + (this.#rows.get(element)?.() ?? 0), height: this.#measured.height + height }
  }
}

/** Whether a person has something in hand there: the focus, a selection, a thing that they opened. */
function isHeld(element: Element): boolean {
  const selection = getSelection()
  return (
    element.contains(document.activeElement) ||
    (selection !== null && !selection.isCollapsed && selection.containsNode(element, true)) ||
    element.querySelector('details[open], [aria-expanded=true]') !== null
  )
}
