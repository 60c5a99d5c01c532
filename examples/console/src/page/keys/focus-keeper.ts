/**
 * Gives the focus a place again that the page took from it: what had it went, moved in a list, or can no longer be used,
 * and a person at the keyboard would begin at the top of the page. What a person does themselves, a click beside
 * everything for one, is left as it is.
 *
 * `fallbacks` says where the keyboard goes on after something that stood in that path: the first that can take the focus
 * gets it. Gives what ends it.
 */
export function keepFocus(root: Document, fallbacks: (path: readonly Element[]) => readonly HTMLElement[]): () => void {
  let last: HTMLElement | undefined
  /** Where it stood, outermost last: that can no longer be asked of what is gone. */
  let path: readonly Element[] = []
  /** It has left one place and not come to the next, which is known. What goes at that very moment, such as a list of suggestions, takes nothing from it. */
  let moving = false

  const isLost = (): boolean => {
    const now = root.activeElement
    // A browser takes it from what can no longer be used only when it paints.
    return now === null || now === root.body || now.matches(':disabled')
  }

  function note(event: FocusEvent): void {
    moving = false
    if (!(event.target instanceof HTMLElement)) return
    last = event.target
    path = ancestorsOf(last)
  }

  function move(event: FocusEvent): void {
    if (event.relatedTarget === null) return
    moving = true
    // Where it was to go may have gone itself.
    setTimeout(() => {
      moving = false
      mend()
    })
  }

  function forget(): void {
    last = undefined
  }

  function mend(): void {
    // A dialog keeps the focus itself, and gives it back.
    if (moving || last === undefined || !isLost() || root.querySelector('dialog[open]') !== null) return
    // It has only moved.
    if (last.isConnected) last.focus({ preventScroll: true })
    for (const next of fallbacks(path)) {
      if (!isLost()) return
      next.focus({ preventScroll: true })
    }
  }

  const observer = new MutationObserver(mend)
  observer.observe(root.body, { subtree: true, childList: true, attributeFilter: ['disabled', 'hidden', 'inert'] })
  root.addEventListener('focusin', note)
  // Before what it leaves hears of it.
  root.addEventListener('blur', move, { capture: true })
  root.addEventListener('pointerdown', forget, { capture: true })
  return () => {
    observer.disconnect()
    root.removeEventListener('focusin', note)
    root.removeEventListener('blur', move, { capture: true })
    root.removeEventListener('pointerdown', forget, { capture: true })
  }
}

function ancestorsOf(element: Element): readonly Element[] {
  const path: Element[] = []
  for (let at = element.parentElement; at !== null; at = at.parentElement) path.push(at)
  return path
}
