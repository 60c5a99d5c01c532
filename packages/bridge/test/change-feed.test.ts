import type { StoreChange } from '@agent-session/core'
import { describe, expect, it } from 'vitest'
import { ChangeFeed } from '../src/host/change-feed.ts'
import { ChangeHistory } from '../src/host/change-history.ts'
import { createHost } from './bridge-scene.ts'

/** A feed of a store that tells what the test says. */
function createFeed(): { feed: ChangeFeed; tell(revision: number, epoch?: string, content?: string): void } {
  const { store } = createHost()
  let listener = (_change: StoreChange): void => {}
  Object.assign(store, {
    on(_event: string, given: typeof listener) {
      listener = given
      return () => {}
    },
  })
  const message = (content: string) => ({ id: 'm', seqId: 1, role: 'assistant' as const, content, timestamp: 1 })
  return {
    feed: ChangeFeed.of(store),
    tell: (revision, epoch = 'e', content = '') =>
      listener({ epoch, revision, sessionId: 's', changes: [{ type: 'message-replaced', message: message(content) }] }),
  }
}

const revisions = (changes: readonly StoreChange[] | undefined): number[] | undefined => changes?.map(({ revision }) => revision)

describe('what a host keeps for those who come back', () => {
  it('is one for each store', () => {
    const { store } = createHost()
    expect(ChangeFeed.of(store)).toBe(ChangeFeed.of(store))
    expect(ChangeFeed.of(store)).not.toBe(ChangeFeed.of(createHost().store))
  })

  it('gives what came after a position, and nothing for one that it does not know', () => {
    const { feed, tell } = createFeed()
    expect(feed.since({ epoch: 'e', revision: 0 })).toBeUndefined()
    for (const revision of [5, 6, 7]) tell(revision)
    expect(revisions(feed.since({ epoch: 'e', revision: 5 }))).toEqual([6, 7])
    expect(revisions(feed.since({ epoch: 'e', revision: 7 }))).toEqual([])
    expect(revisions(feed.since({ epoch: 'e', revision: 4 }))).toEqual([5, 6, 7])
    expect(feed.since({ epoch: 'e', revision: 3 })).toBeUndefined()
    expect(feed.since({ epoch: 'e', revision: 8 })).toBeUndefined()
    expect(feed.since({ epoch: 'another', revision: 6 })).toBeUndefined()
  })

  it('knows nothing of before a jump, nor of where it landed: a mirror that resyncs tells one revision many times', () => {
    const { feed, tell } = createFeed()
    tell(5)
    tell(6)
    tell(6)
    expect(feed.since({ epoch: 'e', revision: 5 })).toBeUndefined()
    expect(feed.since({ epoch: 'e', revision: 6 })).toBeUndefined()
    tell(7)
    tell(8)
    expect(revisions(feed.since({ epoch: 'e', revision: 7 }))).toEqual([8])
    tell(1, 'next')
    tell(2, 'next')
    expect(feed.since({ epoch: 'e', revision: 8 })).toBeUndefined()
    expect(feed.since({ epoch: 'next', revision: 1 })).toBeUndefined()
  })

  it('is bounded by number and by weight', () => {
    const { feed, tell } = createFeed()
    for (let revision = 1; revision <= 10_000; revision += 1) tell(revision)
    expect(feed.since({ epoch: 'e', revision: 10_000 - 4_096 })).toHaveLength(4_096)
    expect(feed.since({ epoch: 'e', revision: 10_000 - 4_097 })).toBeUndefined()
    for (let revision = 10_001; revision <= 10_100; revision += 1) tell(revision, 'e', 'x'.repeat(1024 * 1024))
    expect(feed.since({ epoch: 'e', revision: 10_096 })).toHaveLength(4)
    expect(feed.since({ epoch: 'e', revision: 10_095 })).toBeUndefined()
  })
})

describe('a history', () => {
  it('keeps nothing that is heavier than it may hold', () => {
    const history = new ChangeHistory<number>({ count: 10, weight: 5, weigh: (item) => item })
    history.add(2)
    history.add(9)
    expect(history.length).toBe(0)
    history.add(3)
    expect(history.last(1)).toEqual([3])
    history.clear()
    expect(history.last(0)).toEqual([])
    expect(history.last(1)).toBeUndefined()
  })
})
