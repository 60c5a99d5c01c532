import type { Attachment } from 'svelte/attachments'

/** Whether an element is in view. It counts as seen until the browser has said otherwise, and while nothing is watched. */
export function inView(): { readonly seen: boolean; readonly watch: Attachment<Element> } {
  let seen = $state(true)
  return {
    get seen() {
      return seen
    },
    watch(element) {
      const observer = new IntersectionObserver((entries) => (seen = entries.at(-1)?.isIntersecting ?? true))
      observer.observe(element)
      return () => {
        observer.disconnect()
        seen = true
      }
    },
  }
}
