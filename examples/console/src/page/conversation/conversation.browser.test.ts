import { agentSession } from '@agent-session/adapter-svelte'
import { createAgentStore } from '@agent-session/core'
import { createManualClock, createScriptedTransport } from '@agent-session/core/testing'
import { flushSync } from 'svelte'
import { afterEach, expect, test } from 'vitest'
import { cleanup, render } from 'vitest-browser-svelte'
import Conversation from './Conversation.svelte'

afterEach(cleanup)

/** The rows that are touched from now on. */
function touchedRows(log: Element): { readonly rows: ReadonlySet<Node>; take(): void } {
  const column = log.firstElementChild
  const rows = new Set<Node>()
  const note = (records: readonly MutationRecord[]): void => {
    for (const { target } of records) {
      let node: Node | null = target
      while (node !== null && node.parentNode !== column) node = node.parentNode
      if (node !== null) rows.add(node)
      else rows.add(target)
    }
  }
  const observer = new MutationObserver(note)
  observer.observe(log, { subtree: true, childList: true, characterData: true, attributes: true })
  return { rows, take: () => note(observer.takeRecords()) }
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
  const screen = await render(Conversation, { session: agentSession(view), onretry: () => {}, onfailure: () => {} })
  const log = screen.container.querySelector('[role=log]')
  if (log === null) throw new Error('The conversation is there.')
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
