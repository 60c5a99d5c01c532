import type { Attachment } from 'svelte/attachments'

export interface TakesFilesOptions {
  readonly take: (files: readonly File[]) => void
  /** Files are being held over the page, or no longer. */
  readonly onhover: (over: boolean) => void
}

/**
 * Takes files that are pasted into an element, and those that are dropped anywhere on the page: missed by a little, a
 * browser would leave the page for the file.
 */
export function takesFiles({ take, onhover }: TakesFilesOptions): Attachment<HTMLElement> {
  return (element) => {
    const ending = new AbortController()
    const { signal } = ending
    element.addEventListener(
      'paste',
      (event) => {
        const files = [...(event.clipboardData?.files ?? [])]
        // What is copied from a document comes as words too, and those are what is meant.
        if (files.length === 0 || event.clipboardData?.types.includes('text/plain') === true) return
        event.preventDefault()
        take(files)
      },
      { signal },
    )
    // A dialog that is open has the page for itself.
    const isForUs = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes('Files') === true && document.querySelector('dialog[open]') === null
    window.addEventListener(
      'dragover',
      (event) => {
        if (event.dataTransfer?.types.includes('Files') !== true) return
        event.preventDefault()
        event.dataTransfer.dropEffect = isForUs(event) ? 'copy' : 'none'
        onhover(isForUs(event))
      },
      { signal },
    )
    window.addEventListener('dragleave', (event) => event.relatedTarget === null && onhover(false), { signal })
    window.addEventListener(
      'drop',
      (event) => {
        onhover(false)
        if (event.dataTransfer?.types.includes('Files') !== true) return
        event.preventDefault()
        if (isForUs(event)) take([...event.dataTransfer.files])
      },
      { signal },
    )
    return () => ending.abort()
  }
}
