import { createContext } from 'svelte'
import type { BrowserNotices } from './browser-notices.svelte.ts'

/** Those of the page, for its settings. */
export const [getBrowserNotices, setBrowserNotices] = createContext<BrowserNotices>()
