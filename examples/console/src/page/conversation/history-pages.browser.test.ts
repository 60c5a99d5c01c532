import { agentSession } from '@agent-session/adapter-svelte'
import { createAgentStore, type MessageRange } from '@agent-session/core'
import { createManualClock, createScriptedTransport } from '@agent-session/core/testing'
import { expect, onTestFinished, test } from 'vitest'
import { HistoryPages } from './history-pages.svelte.ts'

/** A session whose last messages are in memory, and its history, which is asked for one page after the other. */
async function history(count: number) {
  const clock = createManualClock()
  const transport = createScriptedTransport({ clock })
  const store = createAgentStore({ transport, clock })
  onTestFinished(() => store.dispose())
  await store.start('p', { provider: 'x', prompt: 'go' })
  const view = store.getSession('p')
  if (view === undefined) throw new Error('It has just been started.')
  const { sessionId, run } = view
  const say = async (messages: readonly unknown[]): Promise<void> => {
    transport.emit({ type: 'message', sessionId, run, messages })
    await clock.settle()
    await store.flush()
  }
  const text = (id: string): unknown => ({ id, type: 'text', content: { text: id }, timestamp: 0 })
  const sayMany = (prefix: string, many: number): Promise<void> => say(Array.from({ length: many }, (_, index) => text(`${prefix}${index}`)))
  await say([{ id: 'call', type: 'tool_call', content: { name: 'Bash', input: { command: 'make' }, toolCallId: 'make' }, timestamp: 0 }])
  for (let said = 0; said < count; said += 1_000) await sayMany(`m${said}-`, 1_000)
  const ranges: MessageRange[] = []
  let fault: Error | undefined
  const pages = new HistoryPages(agentSession(view), async (range) => {
    ranges.push(range)
    if (fault !== undefined) throw fault
    return store.loadMessages(sessionId, range)
  })
  return { pages, view, say, sayMany, ranges, fail: (error: Error | undefined) => (fault = error) }
}

test('only pages that are looked at are asked for, and what is far from them is let go', async () => {
  const { pages, view, ranges } = await history(20_000)
  const front = view.messageAt(0)?.seqId ?? 0
  await pages.look(front + 100, front + 140)
  const atFront = ranges.length
  expect(atFront).toBeLessThanOrEqual(2)

  await pages.look(10_000, 10_040)
  expect(pages.row(10_020)?.seqId).toBe(10_020)
  expect(ranges.length - atFront).toBe(3)
  // A place that is looked at comes before what is beside it.
  expect(ranges[atFront]).toEqual({ after: 9_983, before: 10_112 })
  expect(pages.isRead(5_000)).toBe(false)

  // Who turns back finds it there; who goes on does not keep it.
  await pages.look(10_600, 10_640)
  expect(pages.isRead(10_020)).toBe(true)
  await pages.look(1, 40)
  expect(pages.isRead(10_020)).toBe(false)
  expect(pages.row(10_020)).toBeUndefined()
  expect(pages.message('m9000-900')).toBeUndefined()
  const before = ranges.length
  await pages.look(10, 60)
  expect(ranges.length).toBe(before)

  // However much is passed, no more than this is held.
  for (let place = 1; place < 17_000; place += 300) await pages.look(place, place + 40)
  const held = Array.from({ length: front }, (_, place) => place).filter((place) => pages.isRead(place)).length
  expect(held).toBeLessThan(13 * 128)
})

test('a page that cannot be read is asked for again when it is looked at again', async () => {
  const { pages, fail } = await history(5_000)
  fail(new Error('The disk is gone.'))
  await expect(pages.look(1, 40)).rejects.toThrow('The disk is gone.')
  expect(pages.isRead(10)).toBe(false)
  fail(undefined)
  await pages.look(1, 40)
  expect(pages.row(10)?.seqId).toBe(10)
})

test('what leaves the memory of the session while it is looked at stays, without being read', async () => {
  const { pages, view, sayMany, ranges } = await history(3_000)
  const front = view.messageAt(0)?.seqId ?? 0
  await pages.look(front - 20, front + 20)
  const [row, asked] = [pages.row(front + 10), ranges.length]
  expect(row).toBeDefined()
  for (let more = 0; more < 3; more += 1) {
    await sayMany(`n${more}-`, 1_000)
    expect(pages.row(front + 10)).toBe(row)
    expect(pages.message(row?.id ?? '')?.seqId).toBe(front + 10)
  }
  expect(view.messageAt(0)?.seqId).toBeGreaterThan(front + 1_000)
  expect(view.findMessage(row?.id ?? '')).toBeUndefined()
  expect(ranges.length).toBe(asked)
  expect(pages.isRead(front + 900)).toBe(false)
})

test('a call that ends long after it has left memory is shown as it ended, with its result where both are there', async () => {
  const { pages, view, say } = await history(4_000)
  await pages.look(1, 40)
  // The prompt is the first.
  expect(pages.message('call')?.toolState).toBe('running')
  await say([{ id: 'result', type: 'tool_result', content: { output: 'made', toolCallId: 'make' }, timestamp: 0 }])
  pages.message('call')
  await pages.look(1, 40)
  expect(pages.message('call')?.toolState).toBe('done')
  expect(pages.row(2)?.resultId).toBe('result')
  expect(pages.placeOf(view.lastSeqId)).toBe(2)
})
