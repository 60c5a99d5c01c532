import { getContext, setContext } from 'svelte'
import { createSubscriber } from 'svelte/reactivity'

const tickMs = 1_000
/** By which a component has its ticker. */
export const tickerKey = Symbol('ticker')

/** The time, for what shows how long something has lasted. */
export interface Ticker {
  /** Epoch ms. What reads it in an effect or a template is run again as it goes on. */
  now(): number
}

/** The wall clock, once a second: one timer for all that read it, none while nothing does or the page is not seen. */
export function secondTicker(): Ticker {
  const track = createSubscriber((update) => {
    let timer: ReturnType<typeof setInterval> | undefined
    const watch = (): void => {
      clearInterval(timer)
      timer = document.hidden ? undefined : setInterval(update, tickMs)
    }
    const onvisibility = (): void => {
      watch()
      if (!document.hidden) update()
    }
    watch()
    document.addEventListener('visibilitychange', onvisibility)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', onvisibility)
    }
  })
  return {
    now() {
      track()
      return Date.now()
    },
  }
}

/** Gives a ticker to the components below. */
export const provideTicker = (ticker: Ticker): Ticker => setContext(tickerKey, ticker)

/** The ticker that a component above provides; else one of one's own. */
export const useTicker = (): Ticker => getContext<Ticker | undefined>(tickerKey) ?? secondTicker()
