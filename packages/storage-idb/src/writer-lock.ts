import { AgentSessionError, type Clock, type Lease, type LeaseRequest } from '@agent-session/core'
import type { TabChannel } from './tab-channel.ts'

/**
 * F15: who waits asks the writer for a sign of life so often, and takes over when so many were not answered: within 8 s,
 * also in the background, where timers come at whole seconds.
 */
const pingMs = 1800
const pings = 3

/** Where there are no Web Locks: ms that the writer may take to say that it is there, when the lock is asked for. */
const answerMs = 500

export interface WriterLockOptions {
  /** Of the lock, for all tabs of the origin. */
  readonly name: string
  readonly clock: Clock
  readonly channel: TabChannel
  /** Makes whoever has the lock the newest writer; gives its fence. */
  readonly enter: (owner: string) => Promise<number>
  /** The name of the newest writer, where there was one. */
  readonly holder: () => Promise<string | undefined>
}

export interface WriterLock {
  acquire(owner: string, request?: LeaseRequest): Promise<Lease>
  /** Tells all whose fence is older than this one. */
  loseBefore(fence: number): void
  /** Ends all waiting with the reason, and gives the lock back when the last write has ended. */
  close(reason: AgentSessionError, written: Promise<void>): Promise<void>
}

/** The lock in this tab's hands. */
interface Held {
  /** As long as it is not known, the newest. */
  fence: number
  readonly lost: Promise<void>
  readonly lose: () => void
  readonly release: () => Promise<void>
}

/**
 * One writer among the tabs of a browser. The browser hands the lock on when its holder's tab is gone; from one that
 * does not answer, who waits takes it. Where there are no Web Locks, as in a page that came without TLS, it is free when
 * nobody answers, and where there is no channel either, the last that asks is the writer: the fence stops the others.
 */
export function writerLock({ name, clock, channel, enter, holder }: WriterLockOptions): WriterLock {
  const held = new Set<Held>()
  const waiting = new Set<AbortController>()
  let listening: (() => void) | undefined

  const hold = (release: () => Promise<void>): Held => {
    let lose = (): void => {}
    const lost = new Promise<void>((resolve) => (lose = resolve))
    const own: Held = {
      fence: Infinity,
      lost,
      lose() {
        if (held.delete(own)) lose()
      },
      release() {
        held.delete(own)
        return release()
      },
    }
    held.add(own)
    return own
  }

  /** `undefined`: it cannot be had at once, and waiting was not asked for. */
  const lock = (options: LockOptions): Promise<Held | undefined> =>
    new Promise((give, refuse) => {
      if (!hasLocks()) return lockByAsking(options, give, refuse)
      let own: Held | undefined
      const ended = navigator.locks.request(name, options, async (granted) => {
        if (!granted) return give(undefined)
        await new Promise<void>((free) => {
          own = hold(() => {
            free()
            // Taken away at the same moment, it is gone all the same.
            return ended.catch(() => {})
          })
          give(own)
        })
      })
      ended.catch((thrown: unknown) => {
        refuse(thrown)
        own?.lose()
      })
    })

  /** Where there are no Web Locks. Who waits is never called: it notices that nobody answers any more. */
  const lockByAsking = ({ ifAvailable, signal }: LockOptions, give: (own: Held | undefined) => void, refuse: (reason: unknown) => void): void => {
    if (signal) return signal.addEventListener('abort', () => refuse(signal.reason))
    const free = (): void => give(hold(async () => {}))
    if (!ifAvailable || !channel.post('ping')) return free()
    const end = channel.listen((message) => {
      if (message !== 'pong') return
      end()
      clock.clearTimeout(timer)
      give(undefined)
    })
    const timer = clock.setTimeout(() => {
      end()
      free()
    }, answerMs)
  }

  const wait = async ({ onWait, withdrawn }: LeaseRequest): Promise<Held | undefined> => {
    const asking = new AbortController()
    let pinging: unknown
    let unlisten = (): void => {}
    waiting.add(asking)
    void withdrawn?.then(() => asking.abort(new AgentSessionError('lease-held', 'Another tab writes, and is not waited for any more')))
    try {
      onWait?.(await holder())
      const silence = new Promise<void>((resolve) => {
        let unanswered = 0
        unlisten = channel.listen((message) => {
          if (message === 'pong') unanswered = 0
        })
        const ping = async (): Promise<void> => {
          // A tab does not hear itself, and is not frozen either.
          if (held.size > 0) unanswered = 0
          if (unanswered >= pings) return resolve()
          // Where nobody can be asked, nobody is taken for dead.
          if (channel.post('ping')) unanswered += 1
          // In a page that has long been hidden, a timer that a timer has set comes once a minute; so another task sets it.
          await navigator.locks?.query().catch(() => {})
          if (waiting.has(asking)) pinging = clock.setTimeout(ping, pingMs)
        }
        void ping()
      })
      const queued = lock({ signal: asking.signal })
      const own = await Promise.race([queued, silence])
      if (own) return own
      asking.abort()
      // The others that wait have heard nothing either: one of them is enough.
      channel.post('pong')
      // In case that it came at this very moment.
      queued.then((late) => late?.release(), () => {})
      return lock({ steal: true })
    } finally {
      waiting.delete(asking)
      unlisten()
      clock.clearTimeout(pinging)
    }
  }

  /** Not at once: in a page that Chromium has frozen messages are heard all the same, and nothing else happens. */
  const answer = (): unknown => clock.setTimeout(() => held.size > 0 && channel.post('pong'), 0)

  const loseBefore = (fence: number): void => held.forEach((own) => own.fence < fence && own.lose())

  return {
    loseBefore,
    async acquire(owner, request = {}) {
      let own = await lock(request.steal ? { steal: true } : { ifAvailable: true })
      while (!own) own = await wait(request)
      listening ||= channel.listen((message) => message === 'ping' && answer())
      try {
        own.fence = await enter(owner)
      } catch (thrown) {
        await own.release()
        throw thrown
      }
      loseBefore(own.fence)
      return { fence: own.fence, lost: own.lost, release: own.release }
    },
    async close(reason, written) {
      for (const asking of waiting) asking.abort(reason)
      await written
      await Promise.all([...held].map((own) => own.release()))
    },
  }
}

const hasLocks = (): boolean => Boolean(globalThis.navigator?.locks)
