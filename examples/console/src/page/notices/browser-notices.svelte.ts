import type { TextStorage } from '../page-storage.ts'

/** How it stands with the browser's own notifications. `blocked`: the browser says no, and only its settings change that. */
export type Standing = 'unsupported' | 'off' | 'on' | 'blocked'

/** One of a session: the next takes its place. */
export interface Notice {
  readonly sessionId: string
  readonly title: string
  readonly body: string
  readonly onopen: () => void
}

const key = 'agent-session-browser-notices'
const mostWords = 120

/** The browser's own notifications, where a person has allowed them. Nothing is asked of anybody before they want it. */
export class BrowserNotices {
  readonly #storage: TextStorage
  readonly #shown = new Map<string, Notification>()
  #standing = $state<Standing>('off')

  constructor(storage: TextStorage) {
    this.#storage = storage
    this.look()
  }

  get standing(): Standing {
    return this.#standing
  }

  /** What a person changed in the browser's settings meanwhile is not told to a page. */
  look(): void {
    if (typeof Notification === 'undefined') this.#standing = 'unsupported'
    else if (Notification.permission === 'denied') this.#standing = 'blocked'
    else this.#standing = Notification.permission === 'granted' && this.#storage.getItem(key) === 'on' ? 'on' : 'off'
  }

  /** For the click of a person alone: the browser may ask them. */
  async turnOn(): Promise<Standing> {
    if (typeof Notification === 'undefined') return this.#standing
    // A person who closes the browser's question has neither allowed nor denied.
    const permission = await Notification.requestPermission()
    if (permission === 'granted') this.#storage.setItem(key, 'on')
    this.look()
    return this.#standing
  }

  turnOff(): void {
    this.#storage.removeItem(key)
    for (const sessionId of this.#shown.keys()) this.close(sessionId)
    this.look()
  }

  show({ sessionId, title, body, onopen }: Notice): void {
    this.look()
    if (this.#standing !== 'on') return
    try {
      // The tag is the browser's: also a notice of another window of this page gives way.
      const shown = new Notification(short(title), { body: short(body), tag: `agent-session:${sessionId}`, icon: '/icon.svg' })
      shown.addEventListener('click', () => {
        window.focus()
        shown.close()
        onopen()
      })
      this.#shown.set(sessionId, shown)
    } catch {
      // Browsers of phones have the name, and give notices to service workers alone.
      this.#standing = 'unsupported'
    }
  }

  /** It has been seen, or is no news any more. */
  close(sessionId: string): void {
    this.#shown.get(sessionId)?.close()
    this.#shown.delete(sessionId)
  }
}

const short = (text: string): string => (text.length > mostWords ? `${text.slice(0, mostWords - 1).trimEnd()}…` : text)
