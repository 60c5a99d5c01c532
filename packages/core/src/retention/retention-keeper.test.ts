import { describe, expect, test } from 'vitest'
import { AgentSessionError, type Page, type SessionSummary, type SettingsSource } from '../index.ts'
import { sampleState } from '../../test/reduced-session.ts'
import { recordOf } from '../session/session-state.ts'
import { summaryOf } from '../ports/session-summary.ts'
import { createManualClock } from '../testing/index.ts'
import type { KeepReason } from './plan-retention.ts'
import { RetentionKeeper } from './retention-keeper.ts'

interface Given {
  /** How many sessions are stored: `s0` is the newest. */
  readonly stored?: number
  readonly settings?: SettingsSource
  readonly keeps?: (session: SessionSummary) => KeepReason | undefined
  readonly remove?: (sessionId: string) => Promise<void>
  /** Those that are gone. */
  readonly without?: ReadonlySet<string>
}

/** A keeper of the two newest sessions, over a storage that gives out pages. */
function keeper({ stored = 0, settings, keeps = () => undefined, remove, without = new Set() }: Given = {}) {
  const clock = createManualClock()
  const removed: string[] = []
  const errors: AgentSessionError[] = []
  const sessions = Array.from({ length: stored }, (_, at): SessionSummary => summaryOf(recordOf(sampleState({ sessionId: `s${at}`, updatedAt: clock.now() - at }))))
  const over = { is: false }
  const sut = new RetentionKeeper({
    policy: { count: 2, days: 30 },
    settings,
    clock,
    timeoutMs: 500,
    list: async (_, { limit = Number.NaN, offset = Number.NaN }: Page) => sessions.filter(({ sessionId }) => !without.has(sessionId)).slice(offset, offset + limit),
    keeps,
    remove: remove ?? (async (sessionId) => void removed.push(sessionId)),
    isOver: () => over.is,
    onError: (error) => errors.push(error),
  })
  return { clock, sut, removed, errors, over }
}

describe('B22 the keeper of the policy', () => {
  test.each([0, 1, 199, 200, 201, 400, 650])('T14 looks at all that is stored, however many pages it is: %i', async (stored) => {
    const { sut, removed, errors } = keeper({ stored })
    expect((await sut.plan('p', {})).remove).toHaveLength(Math.max(0, stored - 2))
    await sut.enforce('p')
    expect(new Set(removed)).toEqual(new Set(Array.from({ length: stored }, (_, at) => `s${at}`).slice(2)))
    expect(removed).toHaveLength(Math.max(0, stored - 2))
    expect(errors).toEqual([])
  })

  test('B27 a storage that cannot list or delete says so once, not after each run', async () => {
    const { sut, errors } = keeper({
      stored: 5,
      remove: async () => {
        throw new AgentSessionError('not-supported', 'The host cannot delete sessions.')
      },
    })
    await sut.enforce('p')
    await sut.enforce('p')
    expect(errors.map(({ code, message }) => [code, message])).toEqual([['not-supported', 'Old sessions stay: The host cannot delete sessions.']])
  })

  test('B22 thinks it over of what is left, where a person lets more stay while some go', async () => {
    const gone = new Set<string>()
    const { sut } = keeper({
      stored: 6,
      remove: async (sessionId) => {
        gone.add(sessionId)
        sut.set({ count: 4 })
      },
      without: gone,
    })
    await sut.enforce('p')
    // The first that went leaves five, of which one more is too many.
    expect([...gone]).toEqual(['s2', 's5'])
  })

  test('F32 T14 asks again just before it removes one: somebody may look at it since', async () => {
    const watched = new Set<string>()
    const removed: string[] = []
    const { sut } = keeper({
      stored: 5,
      keeps: ({ sessionId }) => (watched.has(sessionId) ? 'watched' : undefined),
      remove: async (sessionId) => {
        removed.push(sessionId)
        watched.add('s3')
      },
    })
    await sut.enforce('p')
    expect(removed).toEqual(['s2', 's4'])
  })

  test('F31 removes no other once its store has come to its end', async () => {
    const removed: string[] = []
    const { sut, over } = keeper({
      stored: 5,
      remove: async (sessionId) => {
        removed.push(sessionId)
        over.is = true
      },
    })
    await sut.enforce('p')
    expect(removed).toEqual(['s2'])
  })

  test('F32 T14 leaves what is to stay by a policy that was set while it removed others', async () => {
    const removed: string[] = []
    const { sut } = keeper({
      stored: 5,
      remove: async (sessionId) => {
        removed.push(sessionId)
        sut.set({ count: 4 })
      },
    })
    await sut.enforce('p')
    expect(removed).toEqual(['s2', 's4'])
  })

  test('tells what could not be removed, with its cause and its project', async () => {
    const cause = new Error('bad sector')
    const { sut, errors } = keeper({ stored: 3, remove: () => Promise.reject(cause) })
    await sut.enforce('p')
    expect(errors).toMatchObject([{ code: 'storage-failed', message: 'Old sessions could not be removed: bad sector', cause, projectId: 'p' }])
  })

  test('T21 without settings stays with what it has', async () => {
    const { sut } = keeper()
    await sut.load()
    expect(sut.policy).toEqual({ count: 2, days: 30 })
  })

  test('F34 says why the settings could not be read', async () => {
    const cause = new Error('locked')
    const { sut } = keeper({ settings: { getAll: () => Promise.reject(cause) } })
    await expect(sut.load()).rejects.toMatchObject({ code: 'settings-failed', message: 'The settings could not be read: locked', cause })
  })

  test('F34 says that the settings did not answer, and how long it waited', async () => {
    const { sut, clock } = keeper({ settings: { getAll: () => new Promise(() => {}) } })
    const failure = sut.load().catch((error: unknown) => error)
    await clock.advance(500)
    expect(await failure).toMatchObject({ code: 'settings-failed', message: 'The settings did not answer within 500 ms.' })
  })
})
