import { createAgentStore, createMemoryStorage, type SessionStorage } from '@agent-session/core'
import { createScriptedTransport } from '@agent-session/core/testing'
import { median } from './median.ts'
import { sessionEvents } from './session-events.ts'

/** How the store gives notice: at each event, as a test of the core would; or once in so many, as a frame does. */
export interface GrowthSubject {
  readonly name: string
  readonly eventsPerNotice: number
  readonly storage: () => SessionStorage
}

export interface Growth {
  readonly name: string
  /** µs an event, medians over the rounds. */
  readonly beginning: number
  readonly end: number
  /** Median of the rounds' own ratios: what noise moves both of, it does not move. */
  readonly ratio: number
}

const sessionLength = 20_000
const windowLength = 2_000

export const memorySubjects: readonly GrowthSubject[] = [
  { name: 'a notice each event', eventsPerNotice: 1, storage: createMemoryStorage },
  { name: 'a notice each 16 events', eventsPerNotice: 16, storage: createMemoryStorage },
]

/** Feeds one session 20,000 events, and compares what the first 2,000 cost with what the last 2,000 cost. */
export async function measureGrowth(subject: GrowthSubject, rounds: number): Promise<Growth> {
  const windows: { beginning: number; end: number }[] = []
  // The first round warms the engine up and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    const window = await feed(subject)
    if (round > 0) windows.push(window)
  }
  return {
    name: subject.name,
    beginning: median(windows.map(({ beginning }) => beginning)),
    end: median(windows.map(({ end }) => end)),
    ratio: median(windows.map(({ beginning, end }) => end / beginning)),
  }
}

async function feed({ eventsPerNotice, storage }: GrowthSubject): Promise<{ beginning: number; end: number }> {
  const transport = createScriptedTransport()
  let notice: (() => void) | undefined
  const store = createAgentStore({ transport, storage: storage(), schedule: (flush) => (notice = flush) })
  const started = await store.start('bench', { provider: 'bench', prompt: 'Go.' })
  if (!started.ok) throw new Error(started.error)
  const session = store.getSession('bench')
  let seen = 0
  session?.subscribe(() => {
    seen += session.status.length + session.messageCount + (session.lastMessage?.content.length ?? 0)
  })

  const window = (from: number, length: number): number => {
    const events = [...sessionEvents(started.sessionId, from, length)]
    const before = performance.now()
    events.forEach((event, index) => {
      transport.emit(event)
      if (index % eventsPerNotice === 0) notice?.()
    })
    return ((performance.now() - before) * 1_000) / length
  }
  const beginning = window(0, windowLength)
  window(windowLength, sessionLength - 2 * windowLength)
  await store.flush()
  const end = window(sessionLength - windowLength, windowLength)
  await store.dispose()
  if (seen === 0) throw new Error('The subscriber was never told: nothing was measured.')
  return { beginning, end }
}
