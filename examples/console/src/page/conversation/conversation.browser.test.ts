import { agentSession } from '@agent-session/adapter-svelte'
import { createAgentStore, type AgentSession } from '@agent-session/core'
import { createManualClock, createScriptedTransport } from '@agent-session/core/testing'
import { flushSync } from 'svelte'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { cleanup, render } from 'vitest-browser-svelte'
import Conversation from './Conversation.svelte'
import type { LoadMessages } from './history-pages.svelte.ts'

afterEach(cleanup)

/** The rows that are touched from now on: in which anything changes, or that come. That others move or leave is no change of them. */
function touchedRows(log: Element): { readonly rows: ReadonlySet<Node>; take(): void } {
  const rows = new Set<Node>()
  const note = (records: readonly MutationRecord[]): void => {
    for (const { target, addedNodes } of records) {
      const row = (target instanceof Element ? target : target.parentElement)?.closest('.row')
      const inside = row ? [row] : [...addedNodes].flatMap((node) => (node instanceof Element ? (node.matches('.row') ? [node] : [...node.querySelectorAll('.row')]) : []))
      for (const touched of inside) rows.add(touched)
    }
  }
  const observer = new MutationObserver(note)
  observer.observe(log, { subtree: true, childList: true, characterData: true, attributes: true })
  return { rows, take: () => note(observer.takeRecords()) }
}

const noop = (): void => {}

/** The conversation in a window of a usual size. */
async function show(session: AgentSession, props: { readonly load?: LoadMessages; readonly wanted?: number } = {}) {
  const host = document.createElement('div')
  host.style.cssText = 'display: flex; flex-direction: column; width: 900px; height: 600px'
  document.body.append(host)
  onTestFinished(() => host.remove())
  const failures: string[] = []
  const onfailure = (why: string): void => void failures.push(why)
  const screen = await render(Conversation, { target: host, props: { session: agentSession(session), onretry: noop, onedit: noop, onfailure, ...props } })
  const log = screen.container.querySelector('[role=log]')
  if (!(log instanceof HTMLElement)) throw new Error('The conversation is there.')
  return { log, host, screen, failures }
}

const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve))

async function frames(count: number): Promise<void> {
  for (let passed = 0; passed < count; passed += 1) await frame()
}

/** Until nothing comes, goes or moves any more. */
async function settled(log: HTMLElement): Promise<void> {
  const state = (): string => [log.querySelectorAll('.row').length, log.querySelectorAll('.unread').length, log.scrollTop, log.scrollHeight].join()
  for (let [before, same] = [state(), 0]; same < 8; ) {
    await frame()
    const now = state()
    same = now === before ? same + 1 : 0
    before = now
  }
}

test('a delta touches one row of two hundred', async () => {
  const clock = createManualClock()
  const transport = createScriptedTransport({ clock })
  const store = createAgentStore({ transport, clock })
  await store.start('p', { provider: 'x', prompt: 'go' })
  const view = store.getSession('p')
  if (view === undefined) throw new Error('It has just been started.')
  const { sessionId, run } = view
  const tell = async (event: Record<string, unknown>): Promise<void> => {
    transport.emit({ sessionId, run, ...event })
    await clock.settle()
    flushSync()
  }
  await tell({
    type: 'message',
    messages: Array.from({ length: 199 }, (_, index) =>
      index % 2 === 0
        ? { id: `m${index}`, type: 'text', content: { text: `Number ${index}` }, timestamp: 0 }
        : { id: `m${index}`, type: 'tool_call', content: { name: 'Bash', input: { command: `echo ${index}` }, toolCallId: `c${index}` }, timestamp: 0 },
    ),
  })
  await tell({ type: 'delta', id: 'stream', kind: 'text', text: 'Once ', offset: 0 })
  const { log } = await show(view)
  await settled(log)
  expect(log.querySelectorAll('.row').length).toBe(201)

  const touched = touchedRows(log)
  await tell({ type: 'delta', id: 'stream', kind: 'text', text: 'upon a time', offset: 5 })
  touched.take()
  expect(log.textContent).toContain('Once upon a time')
  expect(touched.rows.size).toBe(1)
  expect([...touched.rows][0]?.textContent).toContain('Once upon a time')

  // The result of a call changes the row of its call, and adds none.
  touched.take()
  const result = touchedRows(log)
  await tell({ type: 'message', messages: [{ id: 'r', type: 'tool_result', content: { output: 'echoed', toolCallId: 'c101' }, timestamp: 0 }] })
  result.take()
  expect(log.querySelectorAll('.row').length).toBe(201)
  expect(result.rows.size).toBe(1)
  await store.dispose()
})

/** A session of so many messages, of which the last are in memory and the others in storage. */
async function longSession(count: number) {
  const clock = createManualClock()
  const transport = createScriptedTransport({ clock })
  const store = createAgentStore({ transport, clock })
  onTestFinished(() => store.dispose())
  await store.start('p', { provider: 'x', prompt: 'go' })
  const view = store.getSession('p')
  if (view === undefined) throw new Error('It has just been started.')
  const { sessionId, run } = view
  const tell = async (event: Record<string, unknown>): Promise<void> => {
    transport.emit({ sessionId, run, ...event })
    await clock.settle()
    flushSync()
  }
  const say = (messages: readonly unknown[]): Promise<void> => tell({ type: 'message', messages })
  for (let from = 0; from < count; from += 1_000) {
    await say(Array.from({ length: Math.min(1_000, count - from) }, (_, index) => numbered(from + index)))
    await store.flush()
  }
  const load: LoadMessages = (range) => store.loadMessages(sessionId, range)
  return { store, view, tell, say, load }
}

function numbered(number: number): unknown {
  const text = `Number ${number}.\n\n${'Words of **different** length. '.repeat(number % 17)}`
  return number % 3 === 2
    ? { id: `m${number}`, type: 'tool_call', content: { name: 'Bash', input: { command: `echo ${number}.` }, toolCallId: `c${number}` }, timestamp: 0 }
    : { id: `m${number}`, type: 'text', content: { text }, timestamp: 0 }
}

/** What can be seen of a class. */
function inView(log: HTMLElement, selector: string): Element[] {
  const { top, bottom } = log.getBoundingClientRect()
  return [...log.querySelectorAll(selector)].filter((element) => {
    const box = element.getBoundingClientRect()
    return box.bottom > top && box.top < bottom
  })
}

/** The row at the upper edge, and how far below that it begins. */
function rowInView(log: HTMLElement): { readonly text: string; readonly top: number } {
  const [row] = inView(log, '.row')
  return { text: row?.textContent ?? '', top: Math.round((row?.getBoundingClientRect().top ?? 0) - log.getBoundingClientRect().top) }
}

/** The same by its number alone: a tool that runs tells for how long. */
function rowPlaced(log: HTMLElement): string {
  const { text, top } = rowInView(log)
  return `${/Number \d+|echo \d+/.exec(text)?.[0]} at ${top}`
}

/** More than a window has is made, in case of a turn of the wheel, and no more than that. */
const mostMade = 60

test('of 100,000 messages only those near to what is in view are made, wherever that is', { timeout: 120_000 }, async () => {
  const { view, say, tell, load } = await longSession(100_000)
  expect(view.messageCount).toBeLessThan(3_000)
  let asked = 0
  const { log, failures } = await show(view, {
    load: async (range) => {
      const messages = await load(range)
      asked += messages.length
      return messages
    },
  })
  await settled(log)
  expect(log.textContent).toContain('Number 99999')
  expect(log.scrollHeight - log.scrollTop - log.clientHeight).toBeLessThan(2)
  // The scrollbar tells of all of them, and none had to be read for it.
  expect(log.scrollHeight).toBeGreaterThan(2_000_000)
  expect(asked).toBe(0)

  // As with the wheel: 120 px a frame, out of what is in memory and through some pages.
  const jumps: number[] = []
  log.scrollTop -= 60_000
  await settled(log)
  for (let step = 0; step < 240; step += 1) {
    const held = inView(log, '.row')[0]
    const top = held?.getBoundingClientRect().top ?? 0
    log.scrollTop -= 120
    await frame()
    // What was in view has moved by what was scrolled, and by nothing else.
    if (held?.isConnected) jumps.push(Math.round(Math.abs(held.getBoundingClientRect().top - top - 120)))
    expect(log.querySelectorAll('.row').length).toBeLessThan(mostMade)
  }
  expect(Math.max(...jumps)).toBeLessThanOrEqual(1)
  expect(jumps.length).toBeGreaterThan(230)

  // As by the scrollbar: into the middle of it.
  for (const part of [0.5, 0.02, 0.8, 0]) {
    log.scrollTop = log.scrollHeight * part
    await settled(log)
    expect(inView(log, '.row').length).toBeGreaterThan(2)
    expect(inView(log, '.unread').length).toBe(0)
    expect(log.querySelectorAll('.row').length).toBeLessThan(mostMade)
  }
  expect(log.textContent).toContain('Number 0.')
  expect(asked).toBeLessThan(10_000)

  // Who reads further up is left alone, and told that there is more.
  log.scrollTop = log.scrollHeight / 2
  await settled(log)
  const place = rowInView(log)
  await say([{ id: 'late', type: 'text', content: { text: 'Late' }, timestamp: 0 }])
  await tell({ type: 'delta', id: 'stream', kind: 'text', text: 'Once ', offset: 0 })
  await settled(log)
  expect(rowInView(log)).toEqual(place)
  const latest = log.parentElement?.querySelector('button.to-end')
  expect(latest?.textContent).toContain('new messages')

  // Back at the end, a delta touches its row alone.
  if (latest instanceof HTMLElement) latest.click()
  await settled(log)
  expect(log.scrollHeight - log.scrollTop - log.clientHeight).toBeLessThan(2)
  const touched = touchedRows(log)
  let offset = 5
  for (let word = 0; word < 30; word += 1) {
    await tell({ type: 'delta', id: 'stream', kind: 'text', text: 'upon a time ', offset })
    offset += 12
    await frame()
  }
  touched.take()
  expect([...touched.rows].map((row) => row.textContent?.slice(0, 9))).toEqual(['Once upon'])
  await frames(2)
  expect(log.scrollHeight - log.scrollTop - log.clientHeight).toBeLessThan(2)
  expect(failures).toEqual([])
})

test('what is in view stays in its place when what is above it is read, grows, or leaves the memory of the session', { timeout: 60_000 }, async () => {
  const { store, view, say, load } = await longSession(6_000)
  // Storage answers when it is let.
  let answer = (): void => {}
  const asked: unknown[] = []
  const { log } = await show(view, {
    load: async (range) => {
      asked.push(range)
      await new Promise<void>((resolve) => (answer = resolve))
      return load(range)
    },
  })
  await settled(log)
  // The first that is in memory, near to the upper edge.
  const first = view.messageAt(0)?.seqId ?? 0
  while (inView(log, '.unread').length === 0) {
    log.scrollTop -= 400
    await frame()
  }
  log.scrollTop += 900
  await settled(log)
  const place = rowInView(log)
  expect(place.text).not.toBe('')
  expect(asked.length).toBeGreaterThan(0)
  for (let page = 0; page < 4; page += 1) {
    answer()
    await settled(log)
    expect(rowInView(log)).toEqual(place)
  }
  expect(view.messageAt(0)?.seqId).toBe(first)

  // A result comes to a call above.
  const above = [...log.querySelectorAll('.row.tool-call')].findLast((row) => row.getBoundingClientRect().bottom < log.getBoundingClientRect().top)
  const number = /echo (\d+)/.exec(above?.textContent ?? '')?.[1]
  await say([{ id: 'result', type: 'tool_result', content: { output: 'line\n'.repeat(30), toolCallId: `c${number}` }, timestamp: 0 }])
  await settled(log)
  expect(above?.textContent).toContain('line')
  expect(rowInView(log)).toEqual(place)

  // So much comes in below that all of this leaves memory.
  for (let more = 0; more < 6; more += 1) {
    await say(Array.from({ length: 1_000 }, (_, index) => numbered(10_000 + more * 1_000 + index)))
    await store.flush()
  }
  expect(view.messageAt(0)?.seqId).toBeGreaterThan(6_000)
  await settled(log)
  expect(rowInView(log)).toEqual(place)
})

test('a window that changes its size keeps the end where the end was read, and the row where a row was', { timeout: 60_000 }, async () => {
  const { view, load } = await longSession(3_000)
  const { log, host } = await show(view, { load })
  await settled(log)
  const fromEnd = (): number => Math.round(log.scrollHeight - log.scrollTop - log.clientHeight)
  for (const [width, height] of [[900, 300], [500, 300], [1000, 700]]) {
    host.style.width = `${width}px`
    host.style.height = `${height}px`
    await settled(log)
    expect(fromEnd()).toBeLessThan(2)
  }
  log.scrollTop -= 20_000
  await settled(log)
  const name = (text: string): string => /Number \d+|echo \d+/.exec(text)?.[0] ?? ''
  const { text } = rowInView(log)
  for (const [width, height] of [[1000, 400], [500, 400], [900, 600]]) {
    host.style.width = `${width}px`
    host.style.height = `${height}px`
    await settled(log)
    expect(name(rowInView(log).text)).toBe(name(text))
  }
})

test('who scrolls up in the moment in which something comes is left there', { timeout: 60_000 }, async () => {
  const { say, tell, view, load } = await longSession(3_000)
  const { log } = await show(view, { load })
  await settled(log)
  const fromEnd = (): number => Math.round(log.scrollHeight - log.scrollTop - log.clientHeight)
  await expect.poll(fromEnd).toBeLessThan(2)
  let offset = 0
  const stream = (): Promise<void> => {
    const text = 'upon a time '.repeat(30)
    offset += text.length
    return tell({ type: 'delta', id: 'stream', kind: 'text', text, offset: offset - text.length })
  }
  await stream()
  await settled(log)
  for (const [name, come] of [['a message', () => say([{ id: `late-${offset}`, type: 'text', content: { text: 'Late' }, timestamp: 0 }])], ['a delta', stream], ['a delta again', stream]] as const) {
    log.scrollTop = log.scrollHeight
    await settled(log)
    log.scrollTop -= 120
    const place = rowPlaced(log)
    // Before the frame in which the page hears that it was scrolled.
    await come()
    await settled(log)
    expect([name, rowPlaced(log)]).toEqual([name, place])
  }
})

test('a linked message is in view and has the focus, wherever it is, and keeps both when it is scrolled away', { timeout: 60_000 }, async () => {
  const { view, load } = await longSession(20_000)
  const { log, screen } = await show(view, { load, wanted: 10_001 })
  const focused = (): string => /Number \d+|echo \d+/.exec(document.activeElement?.textContent ?? '')?.[0] ?? ''
  // The prompt is the first of all.
  await expect.poll(focused).toBe('Number 9999')
  await settled(log)
  expect(inView(log, '.row').some((row) => row === document.activeElement)).toBe(true)
  for (const [seqId, words] of [[2, 'Number 0'], [20_001, 'Number 19999'], [5_002, 'echo 5000'], [10_002, 'Number 10000']] as const) {
    await screen.rerender({ wanted: seqId })
    await expect.poll(focused).toBe(words)
    await settled(log)
    const row = document.activeElement
    expect(inView(log, '.row').some((one) => one === row)).toBe(true)
    expect(inView(log, '.unread').length).toBe(0)
  }
  const row = document.activeElement
  log.scrollTop -= 30_000
  await settled(log)
  expect(row?.isConnected).toBe(true)
  expect(document.activeElement).toBe(row)
  expect(inView(log, '.row').length).toBeGreaterThan(2)
  // In the order of the session, for who hears it read.
  const order = [...log.querySelectorAll<HTMLElement>('[data-place]')].map(({ dataset }) => Number(dataset['place']))
  expect(order).toEqual(order.toSorted((a, b) => a - b))
})

test('a linked message that is gone is told of, and who goes elsewhere meanwhile is not taken to one', { timeout: 60_000 }, async () => {
  const { view, load, say, tell } = await longSession(3_000)
  await say([{ id: 'wrong', type: 'text', content: { text: 'Wrong' }, timestamp: 0 }])
  const gone = view.lastSeqId
  await tell({ type: 'retract', ids: ['wrong'] })
  await say([{ id: 'right', type: 'text', content: { text: 'Right' }, timestamp: 0 }])
  let answer = (): void => {}
  let waits = false
  const { log, failures, screen } = await show(view, {
    wanted: gone,
    load: async (range) => {
      if (waits) await new Promise<void>((resolve) => (answer = resolve))
      return load(range)
    },
  })
  await expect.poll(() => failures).toEqual(['The message that was looked for is not in this conversation any more.'])
  await screen.rerender({ wanted: 3_010 + gone })
  await expect.poll(() => failures.length).toBe(2)

  waits = true
  await screen.rerender({ wanted: 12 })
  await expect.poll(() => inView(log, '.unread').length).toBeGreaterThan(0)
  log.dispatchEvent(new WheelEvent('wheel', { deltaY: 2_000, bubbles: true }))
  // The list itself holds on to it for a moment.
  await frames(15)
  log.scrollTop += 2_000
  await frame()
  waits = false
  answer()
  await settled(log)
  expect(inView(log, '.unread').length).toBe(0)
  expect(document.activeElement?.closest('.row')).toBe(null)
  expect(inView(log, '.row').map((row) => /Number \d+|echo \d+/.exec(row.textContent ?? '')?.[0])).not.toContain('Number 10')
  expect(failures.length).toBe(2)
})

test('what a person opened stays open when it comes back into view, and storage that fails is told once', { timeout: 60_000 }, async () => {
  const { view, load, say } = await longSession(3_000)
  const after = Array.from({ length: 60 }, (_, index) => numbered(5_000 + index))
  await say([
    { id: 'call', type: 'tool_call', content: { name: 'Bash', input: { command: 'seq', timeout: 5 }, toolCallId: 'seq' }, timestamp: 0 },
    { id: 'out', type: 'tool_result', content: { output: Array.from({ length: 60 }, (_, line) => `line ${line}`).join('\n'), toolCallId: 'seq' }, timestamp: 0 },
    ...after,
  ])
  let fails = false
  const { log, failures } = await show(view, { load: (range) => (fails ? Promise.reject(new Error('The disk is gone.')) : load(range)) })
  await settled(log)
  const toOpen = (): Element | undefined => inView(log, 'button').find(({ textContent }) => textContent?.includes('Show all 60 lines'))
  while (toOpen() === undefined && log.scrollTop > 0) {
    log.scrollTop -= 100
    await frame()
  }
  const [open, place] = [toOpen(), log.scrollHeight - log.scrollTop]
  if (open instanceof HTMLElement) open.click()
  await settled(log)
  expect(open?.getAttribute('aria-expanded')).toBe('true')
  fails = true
  log.scrollTop = 0
  await settled(log)
  log.scrollTop = 3_000
  await settled(log)
  expect(failures).toEqual(['Older messages could not be read: The disk is gone.'])
  expect(inView(log, '.unread').length).toBeGreaterThan(0)
  fails = false
  log.scrollTop = 6_000
  await settled(log)
  expect(inView(log, '.unread').length).toBe(0)
  log.scrollTop = log.scrollHeight - place
  await settled(log)
  expect(open?.isConnected).toBe(true)
  expect(open?.getAttribute('aria-expanded')).toBe('true')
})

test("a sub-agent's messages are folded under its call, with its state and their number", async () => {
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
    flushSync()
  }
  await say([
    { id: 'task', type: 'tool_call', content: { name: 'Task', input: { description: 'Look around' }, toolCallId: 't' }, timestamp: 0 },
    { id: 'a', type: 'text', content: { text: 'I look' }, parentId: 't', timestamp: 0 },
    { id: 'b', type: 'tool_call', content: { name: 'Grep', input: { pattern: 'needle' }, toolCallId: 'g' }, parentId: 't', timestamp: 0 },
  ])
  const { log } = await show(view)
  const sub = log.querySelector('details.sub')
  const summary = sub?.querySelector('summary')
  expect(summary?.textContent).toMatch(/Sub-agent at work, 2 messages: Grep/)
  expect(sub?.querySelectorAll('.row').length).toBe(0)
  summary?.click()
  await expect.poll(() => sub?.querySelectorAll('.row').length).toBe(2)
  expect(sub?.textContent).toContain('needle')

  await say([
    { id: 'c', type: 'tool_result', content: { output: '\u001B[32mfound\u001B[0m \u202Eit', toolCallId: 'g' }, parentId: 't', timestamp: 0 },
    { id: 'd', type: 'tool_result', content: { output: 'looked', toolCallId: 't' }, timestamp: 0 },
  ])
  expect(summary?.textContent).toContain('Sub-agent done, 2 messages')
  const found = sub?.querySelector('.terminal')
  expect(found?.textContent).toBe('found it')
  expect(found?.querySelector('span')?.className).toContain('green')
})
