import { agentSession } from '@agent-session/adapter-svelte'
import { createAgentStore } from '@agent-session/core'
import { createManualClock, createScriptedTransport } from '@agent-session/core/testing'
import { flushSync } from 'svelte'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { cleanup, render } from 'vitest-browser-svelte'
import '../app.css'
import PermissionPanel from './PermissionPanel.svelte'

afterEach(cleanup)

const options = [
  { id: 'yes', label: 'Allow', kind: 'allow_once' },
  { id: 'no', label: 'Reject', kind: 'reject_once' },
]

test('of many questions one is shown after the other; the keyboard goes from one to the next, and to no answer by itself', async () => {
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
  const names = Array.from({ length: 5 }, (_, index) => `Command number ${index + 1} `.repeat(index === 2 ? 40 : 1).trim())
  for (const [index, title] of names.entries()) await tell({ type: 'permission', request: { id: `q${index}`, title, input: { command: title }, options } })
  let done = 0
  const screen = await render(PermissionPanel, { session: agentSession(view), onfailure: (why: string) => expect.unreachable(why), onanswered: () => (done += 1), onleave: () => expect.unreachable() })
  const panel = screen.getByRole('group', { name: 'Permission' })
  expect(screen.component.focus()).toBe(true)
  for (const [index, title] of names.entries()) {
    await expect.poll(() => panel.element().textContent).toContain(title)
    if (index < 4) expect(panel.element().textContent).toContain(`1 of ${5 - index}`)
    await expect.poll(() => document.activeElement).toBe(panel.element())
    // Nobody answers by a key that was meant for the one before.
    await userEvent.keyboard('{Enter}')
    expect(done).toBe(0)
    // What is too long to be seen at once is a stop on the way: it is scrolled by keys.
    for (let step = 0; step < 5 && document.activeElement?.textContent.trim() !== 'Reject'; step += 1) await userEvent.keyboard('{Tab}')
    await userEvent.keyboard('{Enter}')
    await clock.settle()
    await tell({ type: 'permission-settled', requestId: `q${index}`, outcome: 'selected', optionId: 'no' })
  }
  await expect.poll(() => done).toBe(1)
  expect(view.permissions.map(({ state, optionId }) => `${state} ${optionId}`)).toEqual(names.map(() => 'selected no'))
  expect(screen.component.focus()).toBe(false)
})
