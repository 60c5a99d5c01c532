import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import type { SessionSummary } from '../index.ts'
import { planRetention, type KeepReason } from './plan-retention.ts'
import { defaultRetention, resolveRetention, retentionSetting } from './retention-policy.ts'

const day = 24 * 60 * 60_000
const now = 1_000 * day

const session = (sessionId: string, updatedAt: number, given: Partial<SessionSummary> = {}): SessionSummary => ({
  sessionId,
  projectId: 'p',
  provider: 'claude',
  status: 'done',
  model: '',
  costUsd: 0,
  inputTokens: 0,
  outputTokens: 0,
  createdAt: 0,
  updatedAt,
  lastSeqId: 0,
  ...given,
})

const none = (): KeepReason | undefined => undefined

describe('B22 the plan', () => {
  const newest = Array.from({ length: 7 }, (_, index) => session(`s${index}`, now - index * day))

  test('keeps the newest so many', () => {
    expect(planRetention(newest, { count: 5, days: 365 }, now, none)).toEqual({
      remove: [{ sessionId: 's5', reason: 'count' }, { sessionId: 's6', reason: 'count' }],
      kept: [],
    })
  })

  test('keeps none that is older than so many days, to the millisecond', () => {
    expect(planRetention(newest, { count: 50, days: 5 }, now, none).remove).toEqual([{ sessionId: 's6', reason: 'age' }])
    expect(planRetention([session('s', now - 5 * day - 1)], { count: 50, days: 5 }, now, none).remove).toHaveLength(1)
  })

  test('goes by the time of the last change, whatever the order and T15 whether there are messages', () => {
    const mixed = [session('old', now - 40 * day, { lastSeqId: 0 }), session('new', now), session('middle', now - day)]
    expect(planRetention(mixed, { count: 2, days: 30 }, now, none).remove).toEqual([{ sessionId: 'old', reason: 'count' }])
    expect(planRetention(mixed, { count: 5, days: 30 }, now, none).remove).toEqual([{ sessionId: 'old', reason: 'age' }])
  })

  test('T14 says which it would take and something keeps', () => {
    const keeps = ({ sessionId }: SessionSummary): KeepReason | undefined => (sessionId === 's6' ? 'pinned' : undefined)
    expect(planRetention(newest, { count: 5, days: 365 }, now, keeps)).toEqual({
      remove: [{ sessionId: 's5', reason: 'count' }],
      kept: [{ sessionId: 's6', reason: 'pinned' }],
    })
  })

  test.each<[string, readonly string[]]>([
    ['before', ['used', 'idle']],
    ['after', ['idle', 'used']],
  ])('T14 of two of the same moment takes the one that nobody uses: that one listed %s it', (_, ids) => {
    const keeps = ({ sessionId }: SessionSummary): KeepReason | undefined => (sessionId === 'used' ? 'current' : undefined)
    const plan = planRetention(ids.map((id) => session(id, now)), { count: 1, days: 30 }, now, keeps)
    expect(plan).toEqual({ remove: [{ sessionId: 'idle', reason: 'count' }], kept: [] })
  })

  test('leaves the list that it was given as it was', () => {
    const given = [session('a', 1), session('b', 2)]
    planRetention(given, defaultRetention, now, none)
    expect(given.map(({ sessionId }) => sessionId)).toEqual(['a', 'b'])
  })

  test('never takes what is kept, and leaves no more than it may', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ age: fc.nat(100), kept: fc.boolean() }), { maxLength: 40 }), fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 365 }), (ages, count, days) => {
        const sessions = ages.map(({ age }, index) => session(`${index}`, now - age * day))
        const { remove, kept } = planRetention(sessions, { count, days }, now, ({ sessionId }) => (ages[Number(sessionId)]?.kept ? 'pinned' : undefined))
        for (const { sessionId } of remove) expect(ages[Number(sessionId)]?.kept).toBe(false)
        const gone = new Set(remove.map(({ sessionId }) => sessionId))
        const staying = sessions.filter(({ sessionId }) => !gone.has(sessionId))
        expect(staying.length - kept.length).toBeLessThanOrEqual(count)
        for (const { sessionId, updatedAt } of staying) if (now - updatedAt > days * day) expect(ages[Number(sessionId)]?.kept).toBe(true)
      }),
    )
  })
})

describe('B22 the policy', () => {
  test('is 5 sessions for 30 days where nothing is said', () => {
    expect(resolveRetention({})).toEqual({ count: 5, days: 30 })
  })

  test.each([
    [{ count: 0 }, { count: 1, days: 30 }],
    [{ count: -5 }, { count: 1, days: 30 }],
    [{ count: 51 }, { count: 50, days: 30 }],
    [{ days: 0 }, { count: 5, days: 1 }],
    [{ days: 366 }, { count: 5, days: 365 }],
    [{ days: Infinity }, { count: 5, days: 365 }],
    [{ count: 7.9, days: 1.5 }, { count: 7, days: 1 }],
  ])('is clamped: %j', (given, policy) => {
    expect(resolveRetention(given)).toEqual(policy)
  })

  test('keeps what it was where nothing is said of it', () => {
    expect(resolveRetention({ count: 9 }, { count: 2, days: 3 })).toEqual({ count: 9, days: 3 })
  })

  test.each(['NaN', '"5"', 'null', '{}', 'true'])('refuses what is no number: %s', (json) => {
    const value: number = json === 'NaN' ? Number.NaN : JSON.parse(json)
    for (const name of ['count', 'days'] as const) {
      const error = expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining(`retention's ${name} must be a number`) })
      expect(() => resolveRetention({ [name]: value })).toThrow(error)
    }
  })

  test.each<[string | undefined, number | undefined]>([
    ['7', 7],
    [' 7 ', 7],
    ['7.5', 7],
    ['-3', 1],
    ['500', 50],
    ['0', undefined],
    ['', undefined],
    [' ', undefined],
    ['many', undefined],
    ['7 days', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
    [undefined, undefined],
  ])('T21 the setting %j reads %s', (text, count) => {
    expect(retentionSetting('count', text)).toBe(count)
  })

  test('T21 each setting has its own bounds', () => {
    expect(retentionSetting('days', '500')).toBe(365)
    expect(retentionSetting('days', '60')).toBe(60)
  })
})
