import { describe, expect, test } from 'vitest'
import { sampleMessage, sampleState } from '../../test/reduced-session.ts'
import { createManualClock } from '../testing/index.ts'
import { AgentSessionError, defaultLimits, type CommitBatch, type SessionChange, type SessionMessage } from '../index.ts'
import { recordOf, type SavedState } from '../session/session-state.ts'
import { Journal } from './journal.ts'

/** A journal whose commits the test settles by hand. */
function journal({ random = 0 } = {}) {
  const clock = createManualClock()
  const commits: (CommitBatch & { settle: (error?: Error) => Promise<void> })[] = []
  const states: SavedState[] = []
  const errors: string[] = []
  const messages = new Map<string, SessionMessage>()
  const sut = new Journal({
    clock,
    limits: defaultLimits,
    random: () => random,
    record: () => recordOf(sampleState()),
    message: (id) => messages.get(id),
    messagesFrom: (from) => [...messages.values()].filter(({ seqId }) => seqId >= from),
    commit: (batch) =>
      new Promise((resolve, reject) => {
        const settle = (error?: Error): Promise<void> => {
          if (error) reject(error)
          else resolve()
          return clock.settle()
        }
        commits.push({ ...batch, settle })
      }),
    onState: (state) => states.push(state),
    onError: ({ code }) => errors.push(code),
  })
  const append = (id: string): void => {
    const message = sampleMessage(id, messages.size + 1)
    messages.set(id, message)
    sut.note({ type: 'messages-appended', messages: [message] })
  }
  const upserted = (): string[][] => commits.map(({ upsert }) => upsert.map(({ id }) => id))
  return { clock, commits, states, errors, messages, sut, append, upserted }
}

const patch = (fields: object): SessionChange => ({ type: 'session-updated', patch: fields })

describe('a journal', () => {
  test('T6 is a throttle: the first change arms the timer, later ones join it', async () => {
    const { clock, append, upserted } = journal()
    append('a')
    await clock.advance(1_999)
    append('b')
    expect(clock.pending).toBe(1)
    expect(upserted()).toEqual([])
    await clock.advance(1)
    expect(upserted()).toEqual([['a', 'b']])
  })

  test('notes each kind of change', async () => {
    const { sut, commits, append, clock } = journal()
    append('a')
    append('b')
    append('c')
    void sut.flush()
    await commits[0]?.settle()
    const changes: SessionChange[] = [
      { type: 'message-extended', id: 'a', offset: 1, text: 'x' },
      { type: 'message-replaced', message: sampleMessage('b', 2) },
      { type: 'messages-retracted', ids: ['c'] },
      patch({ title: 'T' }),
    ]
    for (const change of changes) sut.note(change)
    await clock.advance(2_000)
    expect(commits[1]).toMatchObject({ upsert: [{ id: 'a' }, { id: 'b' }], remove: ['c'] })
  })

  test.each([patch({ saved: 'saved' }), patch({ current: true, live: false }), patch({ stall: undefined }), { type: 'removed' } as const])(
    'has nothing to save of what is not stored: %j',
    async (change) => {
      const { sut, clock, commits, states } = journal()
      sut.note(change)
      await clock.advance(10_000)
      expect(commits).toEqual([])
      expect(states).toEqual([])
      expect(clock.pending).toBe(0)
    },
  )

  test('a change that touches both kinds is saved', async () => {
    const { sut, clock, commits } = journal()
    sut.note(patch({ live: false, title: 'T' }))
    await clock.advance(2_000)
    expect(commits).toHaveLength(1)
  })

  test('T10 saves messages that storage has otherwise, and nothing where there are none', async () => {
    const { sut, messages, upserted, states, clock } = journal()
    sut.noteMessages([])
    expect(clock.pending).toBe(0)
    expect(states).toEqual([])
    messages.set('a', sampleMessage('a', 1))
    sut.noteMessages(['a'])
    await clock.advance(2_000)
    expect(upserted()).toEqual([['a']])
  })

  test('holds a message from its change until the commit that has it is durable', async () => {
    const { sut, append, commits, clock } = journal()
    append('a')
    expect(sut.holds(sampleMessage('a', 1))).toBe(true)
    await clock.advance(2_000)
    expect(sut.holds(sampleMessage('a', 1))).toBe(true)
    await commits[0]?.settle()
    expect(sut.holds(sampleMessage('a', 1))).toBe(false)
  })

  test('holds a message whose commit failed, until one succeeds', async () => {
    const { sut, append, commits, clock } = journal()
    append('a')
    await clock.advance(2_000)
    await commits[0]?.settle(new Error('no'))
    expect(sut.holds(sampleMessage('a', 1))).toBe(true)
    await clock.advance(500)
    await commits[1]?.settle()
    expect(sut.holds(sampleMessage('a', 1))).toBe(false)
  })

  test('passes over messages that are gone', async () => {
    const { messages, append, upserted, clock } = journal()
    append('a')
    append('b')
    messages.delete('a')
    await clock.advance(2_000)
    expect(upserted()).toEqual([['b']])
  })

  test('T8 has one commit in flight; what comes meanwhile waits for the next', async () => {
    const { sut, append, upserted, commits, clock } = journal()
    append('a')
    await clock.advance(2_000)
    append('b')
    sut.saveNow()
    void sut.flush()
    await clock.advance(20_000)
    expect(upserted()).toEqual([['a']])
    await commits[0]?.settle()
    expect(upserted()).toEqual([['a'], ['b']])
  })

  test('after a commit the rest waits saveDelayMs, or goes at once where it is urgent', async () => {
    const { sut, append, commits, clock } = journal()
    append('a')
    await clock.advance(2_000)
    append('b')
    await commits[0]?.settle()
    expect(commits).toHaveLength(1)
    await clock.advance(2_000)
    expect(commits).toHaveLength(2)
    append('c')
    sut.saveNow()
    await commits[1]?.settle()
    expect(commits).toHaveLength(3)
  })

  test('T7 a flush that is asked for while a commit is in flight follows it at once, and no earlier', async () => {
    const { sut, append, commits, clock } = journal()
    append('a')
    await clock.advance(2_000)
    append('b')
    void sut.flush()
    append('c')
    await commits[0]?.settle()
    expect(commits).toHaveLength(2)
    append('d')
    await commits[1]?.settle()
    expect(commits).toHaveLength(2)
    await clock.advance(2_000)
    expect(commits).toHaveLength(3)
  })

  test('saveNow with nothing new saves nothing', async () => {
    const { sut, append, commits, clock } = journal()
    sut.saveNow()
    expect(commits).toEqual([])
    append('a')
    await clock.advance(2_000)
    await commits[0]?.settle()
    sut.saveNow()
    expect(commits).toHaveLength(1)
  })

  test('sets no timer for what comes while a commit is in flight: its end does', async () => {
    const { append, clock } = journal()
    append('a')
    await clock.advance(2_000)
    const before = clock.pending
    append('b')
    expect(clock.pending).toBe(before)
  })

  test('a message that came and went before it was saved is removed and not written', async () => {
    const { sut, messages, append, commits, clock } = journal()
    append('a')
    messages.delete('a')
    sut.note({ type: 'messages-retracted', ids: ['a'] })
    await clock.advance(2_000)
    expect(commits[0]).toMatchObject({ upsert: [], remove: ['a'] })
  })

  test('says how it stands: saving, saved', async () => {
    const { append, states, commits, clock } = journal()
    append('a')
    append('b')
    expect(new Set(states)).toEqual(new Set(['saving']))
    await clock.advance(2_000)
    await commits[0]?.settle()
    expect(states.at(-1)).toBe('saved')
  })

  test('is not saved when something came while it was', async () => {
    const { append, states, commits, clock } = journal()
    append('a')
    await clock.advance(2_000)
    append('b')
    await commits[0]?.settle()
    expect(states.at(-1)).toBe('saving')
    await clock.advance(2_000)
    await commits[1]?.settle()
    expect(states.at(-1)).toBe('saved')
  })

  test('T8 a failure puts back what it held, and is tried again', async () => {
    const { append, commits, states, errors, upserted, clock } = journal()
    append('a')
    await clock.advance(2_000)
    append('b')
    await commits[0]?.settle(new Error('no'))
    expect(states.at(-1)).toBe('failing')
    expect(errors).toEqual(['storage-failed'])
    await clock.advance(500)
    expect(upserted()).toEqual([['a'], expect.arrayContaining(['a', 'b'])])
    expect(commits[1]?.upsert).toHaveLength(2)
  })

  test('a removal that failed is tried again, before a message that came back is written', async () => {
    const { sut, append, commits, clock } = journal()
    append('a')
    append('b')
    void sut.flush()
    await commits[0]?.settle()
    sut.note({ type: 'messages-retracted', ids: ['a', 'b'] })
    void sut.flush().catch(() => {})
    append('a')
    await commits[1]?.settle(new Error('no'))
    await clock.advance(10_000)
    expect(commits[2]).toMatchObject({ upsert: [{ id: 'a' }], remove: ['a', 'b'] })
  })

  test('holds a message that is new, changed, on its way or back from a save that failed, and no other', async () => {
    const { sut, append, commits, clock } = journal()
    const [a, b] = [sampleMessage('a', 1), sampleMessage('b', 2)]
    const held = (): boolean[] => [sut.holds(a), sut.holds(b)]
    append('a')
    expect(held()).toEqual([true, true])
    await clock.advance(2_000)
    expect(held()).toEqual([true, true])
    await commits[0]?.settle(new Error('no'))
    expect(held()).toEqual([true, true])
    await clock.advance(10_000)
    await commits[1]?.settle()
    expect(held()).toEqual([false, false])
    append('b')
    expect(held()).toEqual([false, true])
    await clock.advance(2_000)
    sut.note({ type: 'message-extended', id: 'a', offset: 1, text: 'x' })
    await commits[2]?.settle()
    expect(held()).toEqual([true, false])
    await clock.advance(2_000)
    expect(held()).toEqual([true, false])
    await commits[3]?.settle()
    expect(held()).toEqual([false, false])
  })

  test('a message that is changed again after its save began is saved again, once', async () => {
    const { sut, append, commits, clock, upserted } = journal()
    append('a')
    await clock.advance(2_000)
    await commits[0]?.settle()
    const extend = (): void => sut.note({ type: 'message-extended', id: 'a', offset: 1, text: 'x' })
    extend()
    extend()
    await clock.advance(2_000)
    extend()
    await commits[1]?.settle()
    await clock.advance(2_000)
    expect(upserted()).toEqual([['a'], ['a'], ['a']])
  })

  test('a message that was removed while its save failed is removed and not written', async () => {
    const { sut, append, commits, clock, messages } = journal()
    append('a')
    await clock.advance(2_000)
    messages.delete('a')
    sut.note({ type: 'messages-retracted', ids: ['a'] })
    await commits[0]?.settle(new Error('no'))
    await clock.advance(10_000)
    expect(commits[1]).toMatchObject({ upsert: [], remove: ['a'] })
  })

  test('the newest cursor is committed; a failed one is not lost, and does not hide a newer one', async () => {
    const { sut, commits, clock } = journal()
    sut.noteCursor({ epoch: 'e', seq: 1 })
    await clock.advance(2_000)
    expect(commits[0]?.cursor).toEqual({ epoch: 'e', seq: 1 })
    await commits[0]?.settle(new Error('no'))
    await clock.advance(500)
    expect(commits[1]?.cursor).toEqual({ epoch: 'e', seq: 1 })
    sut.noteCursor({ epoch: 'e', seq: 2 })
    await commits[1]?.settle(new Error('no'))
    await clock.advance(1_000)
    expect(commits[2]?.cursor).toEqual({ epoch: 'e', seq: 2 })
    await commits[2]?.settle()
    sut.note(patch({ title: 'T' }))
    await clock.advance(2_000)
    expect(commits[3]).not.toHaveProperty('cursor')
  })

  test.each([
    [0, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]],
    [0.999_999, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]],
  ])('doubles its waits up to a minute, spread by jitter (%s)', async (random, waits) => {
    const { append, commits, clock } = journal({ random })
    append('a')
    await clock.advance(2_000)
    for (const [index, wait] of waits.entries()) {
      await commits[index]?.settle(new Error('no'))
      await clock.advance(wait - 1)
      expect(commits).toHaveLength(index + 1)
      await clock.advance(1)
      expect(commits).toHaveLength(index + 2)
    }
  })

  test('a change while it fails neither hastens the retry nor says "saving"', async () => {
    const { append, commits, states, clock } = journal()
    append('a')
    await clock.advance(2_000)
    for (const at of [0, 1]) {
      await commits[at]?.settle(new Error('no'))
      append(`more ${at}`)
      expect(states.at(-1)).toBe('failing')
      await clock.advance(500 * 2 ** at)
    }
    expect(commits).toHaveLength(3)
  })

  test('flush resolves for what was noted when it was asked, not for later', async () => {
    const { sut, append, commits, clock } = journal()
    append('a')
    let durable = false
    void sut.flush().then(() => (durable = true))
    append('b')
    await commits[0]?.settle()
    expect(durable).toBe(true)
    expect(commits).toHaveLength(1)
    await clock.advance(2_000)
    expect(commits).toHaveLength(2)
  })

  test('flush with nothing new waits for the commit that is under way', async () => {
    const { sut, append, commits, clock } = journal()
    append('a')
    await clock.advance(2_000)
    let durable = false
    void sut.flush().then(() => (durable = true))
    await clock.settle()
    expect(durable).toBe(false)
    await commits[0]?.settle()
    expect(durable).toBe(true)
  })

  test('flush rejects when its attempt fails', async () => {
    const { sut, append, commits } = journal()
    append('a')
    const flushing = sut.flush()
    void commits[0]?.settle(new Error('no'))
    await expect(flushing).rejects.toMatchObject({ code: 'storage-failed', message: 'A save failed and is tried again: no', cause: { message: 'no' } })
  })

  test('flush rejects with the storage\'s own error where it is a typed one', async () => {
    const { sut, append, commits } = journal()
    append('a')
    const flushing = sut.flush()
    const full = new AgentSessionError('storage-full', 'The disk is full.')
    void commits[0]?.settle(full)
    await expect(flushing).rejects.toBe(full)
  })

  test('flush that is waited for when close comes ends with it', async () => {
    const { sut, append, commits } = journal()
    append('a')
    const flushing = sut.flush()
    const closing = sut.close()
    await flushing
    await commits[0]?.settle()
    await closing
  })

  test('F6 a commit that takes too long shows as failing, is still waited for, and then is saved', async () => {
    const { append, commits, states, errors, clock } = journal()
    append('a')
    await clock.advance(2_000)
    await clock.advance(29_999)
    expect(states.at(-1)).toBe('saving')
    await clock.advance(1)
    expect(states.at(-1)).toBe('failing')
    expect(errors).toEqual(['storage-timeout'])
    await clock.advance(600_000)
    expect(commits).toHaveLength(1)
    await commits[0]?.settle()
    expect(states.at(-1)).toBe('saved')
    expect(clock.pending).toBe(0)
  })

  test('F6 flush while a commit hangs says so at once, and not any more when it has ended', async () => {
    const { sut, append, commits, clock } = journal()
    append('a')
    await clock.advance(2_000)
    append('b')
    const before = sut.flush().catch((error: unknown) => error)
    await clock.advance(30_000)
    expect(await before).toMatchObject({ code: 'storage-timeout', message: 'A save has taken more than 30000 ms; it is still waited for.' })
    await expect(sut.flush()).rejects.toMatchObject({ code: 'storage-timeout' })
    await commits[0]?.settle()
    let durable = false
    void sut.flush().then(() => (durable = true))
    await commits[1]?.settle()
    expect(durable).toBe(true)
  })

  test('F6 a change while a commit hangs does not say "saving"', async () => {
    const { append, states, clock } = journal()
    append('a')
    await clock.advance(32_000)
    append('b')
    expect(states.at(-1)).toBe('failing')
  })

  test('close forgets what is not saved and waits for what is under way', async () => {
    const { sut, append, commits, states, clock } = journal()
    append('a')
    await clock.advance(2_000)
    append('b')
    let closed = false
    const closing = sut.close().then(() => (closed = true))
    await clock.settle()
    expect(closed).toBe(false)
    const told = states.length
    await commits[0]?.settle()
    await closing
    append('c')
    sut.saveNow()
    sut.noteCursor({ epoch: 'e', seq: 1 })
    sut.noteMessages(['a'])
    await sut.flush()
    await clock.advance(600_000)
    expect(commits).toHaveLength(1)
    expect(states).toHaveLength(told)
    expect(clock.pending).toBe(0)
  })

  test('close tells no failure of what it no longer waits for', async () => {
    const { sut, append, commits, errors, clock } = journal()
    append('a')
    await clock.advance(2_000)
    const closing = sut.close()
    await commits[0]?.settle(new Error('no'))
    await closing
    await clock.advance(600_000)
    expect(errors).toEqual([])
    expect(commits).toHaveLength(1)
  })
})
