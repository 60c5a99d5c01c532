import { agentSession } from '@agent-session/adapter-svelte'
import { createAgentStore, type AgentSession } from '@agent-session/core'
import { createManualClock, createScriptedTransport } from '@agent-session/core/testing'
import { flushSync } from 'svelte'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { cleanup, render } from 'vitest-browser-svelte'
import Conversation from './Conversation.svelte'

afterEach(cleanup)

/** The rows that are touched from now on. */
function touchedRows(log: Element): { readonly rows: ReadonlySet<Node>; take(): void } {
  const rows = new Set<Node>()
  const note = (records: readonly MutationRecord[]): void => {
    for (const { target } of records) rows.add((target instanceof Element ? target : target.parentElement)?.closest('.row, .chunk') ?? target)
  }
  const observer = new MutationObserver(note)
  observer.observe(log, { subtree: true, childList: true, characterData: true, attributes: true })
  return { rows, take: () => note(observer.takeRecords()) }
}

const noop = (): void => {}

/** The conversation in a window of a usual size. */
async function show(session: AgentSession): Promise<HTMLElement> {
  const host = document.createElement('div')
  host.style.cssText = 'display: flex; flex-direction: column; width: 900px; height: 600px'
  document.body.append(host)
  onTestFinished(() => host.remove())
  const screen = await render(Conversation, { target: host, props: { session: agentSession(session), onretry: noop, onedit: noop, onfailure: noop } })
  const log = screen.container.querySelector('[role=log]')
  if (!(log instanceof HTMLElement)) throw new Error('The conversation is there.')
  return log
}

const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve))

/** Until no row comes or goes any more. */
async function settled(log: HTMLElement): Promise<void> {
  const made = (): number => log.querySelectorAll('.row').length
  for (let [before, same] = [made(), 0]; same < 5; ) {
    await frame()
    const now = made()
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
  const log = await show(view)
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


/** A session of so many messages, shown. */
async function longSession({ count, resident }: { count: number; resident: number }) {
  const clock = createManualClock()
  const transport = createScriptedTransport({ clock })
  const store = createAgentStore({ transport, clock, limits: { residentMessages: resident } })
  await store.start('p', { provider: 'x', prompt: 'go' })
  const view = store.getSession('p')
  if (view === undefined) throw new Error('It has just been started.')
  const { sessionId, run } = view
  const say = async (messages: readonly unknown[]): Promise<void> => {
    transport.emit({ type: 'message', sessionId, run, messages })
    await clock.settle()
    flushSync()
  }
  for (let from = 0; from < count; from += 1_000) {
    await say(
      Array.from({ length: Math.min(1_000, count - from) }, (_, index) => {
        const number = from + index
        const text = `Number ${number}\n\n${'Words of **different** length. '.repeat(number % 7)}`
        return number % 3 === 2
          ? { id: `m${number}`, type: 'tool_call', content: { name: 'Bash', input: { command: `echo ${number}` }, toolCallId: `c${number}` }, timestamp: 0 }
          : { id: `m${number}`, type: 'text', content: { text }, timestamp: 0 }
      }),
    )
  }
  const log = await show(view)
  onTestFinished(() => store.dispose())
  return { log, view, say }
}

/** The row at the upper edge, and how far below that it begins. */
function rowInView(log: HTMLElement): { readonly text: string; readonly top: number } {
  const { top } = log.getBoundingClientRect()
  const row = [...log.querySelectorAll('.row')].find((element) => element.getBoundingClientRect().bottom > top)
  return { text: row?.textContent ?? '', top: Math.round((row?.getBoundingClientRect().top ?? 0) - top) }
}

test('of 100,000 messages only those near to what is in view are made, wherever that is', { timeout: 120_000 }, async () => {
  const began = performance.now()
  const { log, say } = await longSession({ count: 100_000, resident: 200_000 })
  const shown = performance.now()
  await settled(log)
  expect(log.textContent).toContain('Number 99999')
  await expect.poll(() => log.scrollHeight - log.scrollTop - log.clientHeight).toBeLessThan(2)

  // As with the wheel: 120 px a frame, a good way up.
  const times: number[] = []
  const jumps: number[] = []
  let before = await frame()
  for (let step = 0; step < 240; step += 1) {
    const held = [...log.querySelectorAll('.row')].find((row) => row.getBoundingClientRect().bottom > log.getBoundingClientRect().top)
    const top = held?.getBoundingClientRect().top ?? 0
    log.scrollTop -= 120
    const now = await frame()
    // What was in view has moved by what was scrolled, and by nothing else.
    if (held?.isConnected) jumps.push(Math.round(Math.abs(held.getBoundingClientRect().top - top - 120)))
    times.push(now - before)
    before = now
    if (step % 40 === 39) {
      expect(log.querySelectorAll('.row').length).toBeLessThan(600)
      expect(rowInView(log).text).not.toBe('')
    }
  }
  expect(Math.max(...jumps)).toBeLessThanOrEqual(1)
  expect(jumps.length).toBe(240)
  times.sort((a, b) => a - b)
  console.log(`frames at the wheel: median ${times[120]?.toFixed(1)} ms, 95 % ${times[228]?.toFixed(1)} ms, worst ${times.at(-1)?.toFixed(1)} ms; made ready in ${Math.round(shown - began)} ms, store and all`)

  // As by the scrollbar: into the middle of it.
  for (const part of [0.5, 0.02, 0.8, 0]) {
    log.scrollTop = log.scrollHeight * part
    await settled(log)
    const { top, bottom } = log.getBoundingClientRect()
    const inView = [...log.querySelectorAll('.row')].filter((row) => row.getBoundingClientRect().bottom > top && row.getBoundingClientRect().top < bottom)
    expect(inView.length).toBeGreaterThan(2)
    expect(log.querySelectorAll('.row').length).toBeLessThan(600)
  }
  // The browser's own search finds what is not made.
  expect(log.querySelectorAll('[hidden="until-found"]').length).toBeGreaterThan(2_000)

  // Who reads further up is left alone.
  log.scrollTop = log.scrollHeight / 2
  await settled(log)
  const place = rowInView(log)
  await say([{ id: 'late', type: 'text', content: { text: 'Late' }, timestamp: 0 }])
  await settled(log)
  expect(rowInView(log)).toEqual(place)
})

test('what is in view stays in its place when older messages come', { timeout: 60_000 }, async () => {
  const { log, view } = await longSession({ count: 3_000, resident: 400 })
  expect(view.hasOlder).toBe(true)
  log.scrollTop = 400
  await settled(log)
  const place = rowInView(log)
  expect(place.text).not.toBe('')
  const oldest = view.messageIds[0]
  await view.loadOlder(500)
  flushSync()
  await settled(log)
  expect(view.messageIds[0]).not.toBe(oldest)
  const after = rowInView(log)
  expect(after.text).toBe(place.text)
  expect(Math.abs(after.top - place.top)).toBeLessThanOrEqual(1)
})

test('who scrolls up in the moment in which something comes is left there', { timeout: 60_000 }, async () => {
  const { log, say } = await longSession({ count: 300, resident: 400 })
  await settled(log)
  await expect.poll(() => log.scrollHeight - log.scrollTop - log.clientHeight).toBeLessThan(2)
  for (const id of ['one', 'two', 'three']) {
    log.scrollTop -= 120
    const before = log.scrollTop
    // Before the frame in which the page hears that it was scrolled.
    await say([{ id, type: 'text', content: { text: 'Late' }, timestamp: 0 }])
    await settled(log)
    expect(Math.abs(log.scrollTop - before)).toBeLessThanOrEqual(1)
    log.scrollTop = log.scrollHeight
    await settled(log)
  }
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
  const log = await show(view)
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
