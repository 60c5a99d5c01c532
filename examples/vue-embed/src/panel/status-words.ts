export interface StatusWords {
  readonly text: string
  readonly tone: 'quiet' | 'busy' | 'waiting' | 'bad'
}

interface Stand {
  readonly status: string | undefined
  readonly end: string | undefined
  readonly error: string | undefined
  /** A question waits for the person. */
  readonly asks: boolean
}

/** How a session stands, in a word or two; `undefined`: there is none yet. */
export function statusWords(stand: Stand | undefined): StatusWords {
  if (stand === undefined) return { text: 'Ready', tone: 'quiet' }
  if (stand.asks) return { text: 'Waiting for you', tone: 'waiting' }
  if (stand.status === 'running') return { text: 'Working', tone: 'busy' }
  if (stand.status === 'error') return { text: `Failed: ${stand.error ?? 'unknown'}`, tone: 'bad' }
  if (stand.end === 'interrupted') return { text: 'Interrupted', tone: 'waiting' }
  return { text: stand.end === 'stopped' ? 'Stopped' : 'Done', tone: 'quiet' }
}
