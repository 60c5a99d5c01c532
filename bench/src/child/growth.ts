import { createAgentStore, createMemoryStorage, type SessionStorage } from '@agent-session/core'
import { createScriptedTransport } from '@agent-session/core/testing'
import { createSqliteStorage } from '@agent-session/storage-sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median } from '../median.ts'
import type { Measured, Measurement } from './measurement.ts'
import { sessionEvents } from './session-events.ts'

const sessionLength = 20_000
const windowLength = 2_000
const rounds = 3

/** Feeds one session 20,000 events, and compares what the first 2,000 cost with what the last 2,000 cost. */
export async function measureGrowthOf(ask: Extract<Measurement, { kind: 'growth' }>): Promise<Measured> {
  const folder = ask.storage === 'sqlite' ? mkdtempSync(join(tmpdir(), 'agent-session-bench-')) : undefined
  try {
    const windows: { beginning: number; end: number }[] = []
    // The first round warms the engine up and is not counted.
    for (let round = 0; round <= rounds; round += 1) {
      const held = new HeldCommits()
      const storage = folder !== undefined ? createSqliteStorage({ path: join(folder, `${round}.db`) }) : createMemoryStorage()
      const window = await feed(ask.storage === 'held' ? held.over(storage) : storage, ask.eventsPerNotice, held)
      if (round > 0) windows.push(window)
    }
    return {
      beginning: median(windows.map(({ beginning }) => beginning)),
      end: median(windows.map(({ end }) => end)),
      // The rounds' own ratios: what noise moves both of, it does not move.
      ratio: median(windows.map(({ beginning, end }) => end / beginning)),
    }
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  }
}

/** Commits that last as long as the measuring does: a disk that takes seconds, as the events see it. */
class HeldCommits {
  #release = (): void => {}
  readonly #released = new Promise<void>((resolve) => (this.#release = resolve))
  active = false

  over(storage: SessionStorage): SessionStorage {
    this.active = true
    return { ...storage, commit: (batch) => this.#released.then(() => storage.commit(batch)) }
  }

  release(): void {
    this.#release()
  }
}

async function feed(storage: SessionStorage, eventsPerNotice: number, held: HeldCommits): Promise<{ beginning: number; end: number }> {
  const transport = createScriptedTransport()
  let notice: (() => void) | undefined
  const store = createAgentStore({ transport, storage, schedule: (flush) => (notice = flush) })
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
  if (!held.active) await store.flush()
  const end = window(sessionLength - windowLength, windowLength)
  held.release()
  await store.dispose()
  if (seen === 0) throw new Error('The subscriber was never told: nothing was measured.')
  return { beginning, end }
}
