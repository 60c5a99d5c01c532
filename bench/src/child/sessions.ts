import { createAgentStore, systemClock, type Clock } from '@agent-session/core'
import { createScriptedTransport } from '@agent-session/core/testing'
import { FloorStore } from '../../subjects/floor/floor-store.ts'
import { piece } from '../../subjects/subject.ts'
import { median } from '../median.ts'
import type { Measured, Measurement } from './measurement.ts'

const windows = 8

/** What streams: `tell` gives the next delta to the next session. */
interface Sessions {
  tell(): void
  /** Gives the notices that are due. */
  notify(): void
  /** How many timers of one delay a session has armed at most. */
  timers(): number
  close(): Promise<void>
  readonly seen: { total: number }
}

/** µs an event over so many sessions that stream in turn, and how many timers of one delay a session has armed at most. */
export async function measureSessions(ask: Extract<Measurement, { kind: 'sessions' }>): Promise<Measured> {
  const sessions = ask.store === 'floor' ? openFloors(ask.sessions) : await openSessions(ask.sessions)
  let told = 0
  const tell = (count: number): void => {
    for (let index = 0; index < count; index += 1) {
      sessions.tell()
      told += 1
      if (told % ask.eventsPerNotice === 0) sessions.notify()
    }
  }
  tell(ask.events)
  const costs: number[] = []
  for (let window = 0; window < windows; window += 1) {
    const before = performance.now()
    tell(ask.events)
    costs.push(((performance.now() - before) * 1_000) / ask.events)
    // The clock of saves is real: what is due is not to pile up behind the measuring.
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
  if (sessions.seen.total === 0) throw new Error('The subscribers were never told: nothing was measured.')
  const timers = sessions.timers()
  await sessions.close()
  return { cost: median(costs), timers }
}

async function openSessions(count: number): Promise<Sessions> {
  const transport = createScriptedTransport()
  const timers = countedTimers()
  const seen = { total: 0 }
  let notice: (() => void) | undefined
  const store = createAgentStore({ transport, clock: timers.clock, schedule: (flush) => (notice = flush) })
  const ids: string[] = []
  for (let index = 0; index < count; index += 1) {
    const started = await store.start(`project-${index}`, { provider: 'bench', prompt: 'Go.' })
    if (!started.ok) throw new Error(started.error)
    const session = store.getSession(`project-${index}`)
    session?.subscribe(() => {
      seen.total += session.status.length + session.messageCount + (session.lastMessage?.content.length ?? 0)
    })
    ids.push(started.sessionId)
  }
  let told = 0
  return {
    seen,
    tell() {
      const offset = Math.floor(told / ids.length) * piece.length
      transport.emit({ type: 'delta', sessionId: ids[told % ids.length], id: 'text', kind: 'text', text: piece, offset })
      told += 1
    },
    notify: () => notice?.(),
    timers: () => timers.most() / count,
    close: () => store.dispose(),
  }
}

/** As many stores of the floor: what the machine itself makes of a thousand places in memory in turn. */
function openFloors(count: number): Sessions {
  const seen = { total: 0 }
  const due = new Set<() => void>()
  const floors = Array.from({ length: count }, () => {
    const store = new FloorStore([], (flush) => due.add(flush))
    store.subscribe(() => {
      seen.total += store.status.length + store.rows.length + (store.last?.content.length ?? 0)
    })
    return store
  })
  let told = 0
  return {
    seen,
    tell() {
      floors[told % count]?.extend('text', piece)
      told += 1
    },
    notify() {
      for (const flush of due) flush()
      due.clear()
    },
    timers: () => 0,
    close: async () => {},
  }
}

/** The machine's clock, and how many timers of each delay were armed at once. */
function countedTimers(): { clock: Clock; most: () => number } {
  const armed = new Map<number, number>()
  const highest = new Map<number, number>()
  const ended = new WeakSet<object>()
  const clock: Clock = {
    ...systemClock,
    setTimeout(run, ms) {
      const timer = { ms, own: undefined as unknown }
      armed.set(ms, (armed.get(ms) ?? 0) + 1)
      highest.set(ms, Math.max(highest.get(ms) ?? 0, armed.get(ms) ?? 0))
      timer.own = systemClock.setTimeout(() => {
        end(timer)
        run()
      }, ms)
      return timer
    },
    clearTimeout(timer) {
      if (typeof timer !== 'object' || timer === null || !('own' in timer) || !('ms' in timer)) return
      systemClock.clearTimeout(timer.own)
      end(timer as { ms: number })
    },
  }
  function end(timer: { readonly ms: number }): void {
    if (ended.has(timer)) return
    ended.add(timer)
    armed.set(timer.ms, (armed.get(timer.ms) ?? 0) - 1)
  }
  return { clock, most: () => Math.max(...highest.values()) }
}
