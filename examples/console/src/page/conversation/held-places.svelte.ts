import { on } from 'svelte/events'

/** A selection over more places than these is kept at its ends alone. */
const mostSelected = 400

/**
 * The places that stay on the page though they are out of view: a person has something in hand there. That is the focus, a
 * selection, what they opened. Make it while a component initialises.
 */
export class HeldPlaces {
  #places = $state.raw<readonly number[]>([])
  /** Where they clicked: what is open by itself is nobody's. */
  readonly #touched = new Set<number>()

  /** `within`: the element that has all places in it. */
  constructor(within: () => HTMLElement | undefined) {
    $effect(() => {
      const element = within()
      if (element === undefined) return
      const look = (): void => {
        const places = [...new Set(this.#heldIn(element))].sort((a, b) => a - b)
        if (places.length !== this.#places.length || places.some((place, index) => place !== this.#places[index])) this.#places = places
      }
      const ends = [
        on(element, 'focusin', look),
        on(element, 'focusout', look),
        // Once what was opened is open.
        on(element, 'click', ({ target }) => {
          const place = placeOf(target)
          if (place !== undefined) this.#touched.add(place)
          requestAnimationFrame(look)
        }),
        on(document, 'selectionchange', look),
      ]
      return () => ends.forEach((end) => end())
    })
  }

  get places(): readonly number[] {
    return this.#places
  }

  #heldIn(element: HTMLElement): number[] {
    const held = selectedIn(element)
    const focused = element.contains(document.activeElement) ? placeOf(document.activeElement) : undefined
    if (focused !== undefined) held.push(focused)
    for (const place of this.#touched) {
      if (element.querySelector(`[data-place="${place}"] :is(details[open], [aria-expanded=true])`) === null) this.#touched.delete(place)
      else held.push(place)
    }
    return held
  }
}

function selectedIn(element: HTMLElement): number[] {
  const selection = getSelection()
  if (selection === null || selection.isCollapsed || !element.contains(selection.anchorNode) || !element.contains(selection.focusNode)) return []
  const ends = [placeOf(selection.anchorNode), placeOf(selection.focusNode)].filter((place) => place !== undefined)
  const [from, to] = [Math.min(...ends), Math.max(...ends)]
  return ends.length === 0 ? [] : to - from > mostSelected ? [from, to] : Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

/** Of the row that something is in; `undefined` where it is in none. */
function placeOf(target: EventTarget | null): number | undefined {
  const element = target instanceof Element ? target : target instanceof Node ? target.parentElement : null
  const place = element?.closest<HTMLElement>('[data-place]')?.dataset['place']
  return place === undefined ? undefined : Number(place)
}
