import { createAgentStore } from '@agent-session/core'
import { createManualClock, createScriptedTransport } from '@agent-session/core/testing'
import { agentSession } from '@agent-session/adapter-svelte'
import axe from 'axe-core'
import { flushSync } from 'svelte'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { cleanup, render } from 'vitest-browser-svelte'
import '../app.css'
import LoginPanel from '../composer/LoginPanel.svelte'
import SessionControls from '../composer/SessionControls.svelte'
import { terminalRuns } from '../text/terminal-text.ts'
import Conversation from './Conversation.svelte'

afterEach(cleanup)

const noop = (): void => {}
const esc = '\u001B'

/** What axe complains about, a line each. The page around is not here: what belongs to whole pages is not asked. */
async function complaints(element: Element): Promise<string[]> {
  const { violations } = await axe.run(element, { rules: { region: { enabled: false } } })
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`))
}

async function openSession() {
  const clock = createManualClock()
  const transport = createScriptedTransport({
    clock,
    capabilities: { fork: true, logIn: true },
    reply: (command) => (command.type === 'configure' && command.mode === 'never' ? { ok: false, error: 'Not that one' } : undefined),
  })
  const store = createAgentStore({ transport, clock })
  onTestFinished(() => store.dispose())
  await store.start('p', { provider: 'x', prompt: 'Do *it*' })
  const view = store.getSession('p')
  if (view === undefined) throw new Error('It has just been started.')
  const { sessionId, run } = view
  const tell = async (event: Record<string, unknown>): Promise<void> => {
    transport.emit({ sessionId, run, ...event })
    await clock.settle()
    flushSync()
  }
  return { session: agentSession(view), transport, tell }
}

function inScheme(scheme: 'light' | 'dark'): void {
  document.documentElement.style.colorScheme = scheme
  onTestFinished(() => void (document.documentElement.style.colorScheme = ''))
}

test.each(['light', 'dark'] as const)('axe finds nothing on a conversation, %s', async (scheme) => {
  inScheme(scheme)
  const { session, tell } = await openSession()
  const colours = Array.from({ length: 8 }, (_, hue) => `${esc}[3${hue}mhue ${hue}${esc}[0m ${esc}[4${hue}mon ${hue}${esc}[0m ${esc}[2;3${hue}mdim${esc}[0m`).join('\n')
  expect(terminalRuns(colours).length).toBeGreaterThan(16)
  const tool = (id: string, output: string, isError = false): unknown[] => [
    { id, type: 'tool_call', content: { name: 'Bash', input: { command: `echo ${id}`, cwd: '/tmp' }, toolCallId: id }, timestamp: 0 },
    { id: `${id}-result`, type: 'tool_result', content: { output, toolCallId: id, isError }, timestamp: 0 },
  ]
  await tell({
    type: 'message',
    messages: [
      { id: 'thought', type: 'thinking', content: { text: 'Let me **see**' }, timestamp: 0 },
      { id: 'answer', type: 'text', content: { text: '# Done\n\nSee [it](https://example.org/) in `code`.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted\n\n```js\nlet a = 1\n```' }, timestamp: 0 },
      ...tool('colours', colours),
      ...tool('diff', '--- a.txt\n+++ a.txt\n@@ -1 +1 @@\n-old\n+new'),
      ...tool('long', 'line\n'.repeat(100)),
      ...tool('wrong', 'No such file', true),
      { id: 'task', type: 'tool_call', content: { name: 'Task', input: { description: 'Look' }, toolCallId: 't' }, timestamp: 0 },
      { id: 'said', type: 'text', content: { text: 'I look' }, parentId: 't', timestamp: 0 },
    ],
  })
  await tell({ type: 'delta', id: 'stream', kind: 'text', text: 'Once upon', offset: 0 })
  const screen = await render(Conversation, { session, onretry: noop, onedit: noop, onfailure: noop })
  const log = screen.container.querySelector('[role=log]')
  for (const details of screen.container.querySelectorAll('details')) details.open = true
  await expect.poll(() => screen.container.textContent).toContain('I look')
  // A stream is not read out word by word.
  expect(log?.getAttribute('aria-live')).toBe('off')
  expect(await complaints(screen.container)).toEqual([])
})

test('what is said is announced when it is whole, and neither what is opened nor what somebody scrolls to', async () => {
  const { session, tell } = await openSession()
  const text = (id: string): unknown => ({ id, type: 'text', content: { text: `${id} `.repeat(200) }, timestamp: 0 })
  await tell({ type: 'message', messages: Array.from({ length: 40 }, (_, index) => text(`word${index}`)) })
  await tell({ type: 'status', status: 'done' })
  const host = document.createElement('div')
  host.style.cssText = 'display: flex; flex-direction: column; width: 900px; height: 600px'
  document.body.append(host)
  onTestFinished(() => host.remove())
  await render(Conversation, { target: host, props: { session, onretry: noop, onedit: noop, onfailure: noop } })
  const log = host.querySelector('[role=log]')
  const live = (): string | null | undefined => log?.getAttribute('aria-live')
  await expect.poll(() => log?.textContent).toContain('word39')
  expect(live()).toBe('off')
  await tell({ type: 'message', messages: [text('late')] })
  await expect.poll(() => log?.textContent).toContain('late')
  await expect.poll(live).toBe('polite')
  if (log !== null) log.scrollTop = 0
  await expect.poll(live).toBe('off')
})

test('what a session lets one set has names, and goes back where the agent refuses', async () => {
  const { session, transport, tell } = await openSession()
  await tell({
    type: 'session',
    mode: 'ask',
    modes: [{ id: 'ask', label: 'Ask' }, { id: 'auto', label: 'Auto' }, { id: 'never', label: 'Never' }],
    model: 'small',
    models: [{ id: 'small', label: 'Small' }, { id: 'large', label: 'Large' }],
    settings: [{ id: 'web', label: 'Web search', value: false, choices: [] }],
  })
  const failures: string[] = []
  const screen = await render(SessionControls, { session, onfailure: (why: string) => failures.push(why), onfork: noop })
  await screen.getByRole('combobox', { name: 'Mode' }).selectOptions('auto')
  await expect.poll(() => transport.commands.at(-1)).toMatchObject({ type: 'configure', mode: 'auto' })
  await screen.getByRole('combobox', { name: 'Model' }).selectOptions('large')
  await expect.poll(() => transport.commands.at(-1)).toMatchObject({ type: 'configure', model: 'large' })
  await screen.getByRole('checkbox', { name: 'Web search' }).click()
  await expect.poll(() => transport.commands.at(-1)).toMatchObject({ type: 'configure', settings: { web: true } })
  expect(failures).toEqual([])
  const mode = screen.getByRole('combobox', { name: 'Mode' })
  const before = session.mode
  await mode.selectOptions('never')
  await expect.poll(() => failures).toEqual([expect.stringContaining('Not that one')])
  await expect.element(mode).toHaveValue(before)
  expect(await complaints(screen.container)).toEqual([])
})

test('where the agent wants a log in its ways are offered, and one is gone', async () => {
  const { session, transport, tell } = await openSession()
  let done = 0
  const screen = await render(LoginPanel, { session, onfailure: noop, ondone: () => (done += 1) })
  expect(screen.container.querySelector('[role=group]')).toBeNull()
  await tell({ type: 'session', login: { state: 'required', methods: [{ id: 'browser', label: 'In the browser' }] } })
  expect(await complaints(screen.container)).toEqual([])
  await screen.getByRole('button', { name: 'In the browser' }).click()
  await expect.poll(() => done).toBe(1)
  expect(transport.commands.at(-1)).toMatchObject({ type: 'logIn', methodId: 'browser' })
  await tell({ type: 'session', login: { state: 'done', methods: [] } })
  expect(screen.container.querySelector('[role=group]')).toBeNull()
})
