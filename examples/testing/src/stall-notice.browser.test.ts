import { createAgentStore } from '@agent-session/core'
import { createManualClock, createScriptedTransport } from '@agent-session/core/testing'
import { expect, test } from 'vitest'
import { render } from 'vitest-browser-svelte'
import StallNotice from './StallNotice.svelte'

test('Svelte: a quarter of an hour of silence shows, and its button stops the agent', async () => {
  const clock = createManualClock()
  const transport = createScriptedTransport({ clock, script: (turn) => turn.wait(60 * 60_000) })
  const store = createAgentStore({ transport, clock })
  const screen = await render(StallNotice, { store, projectId: 'project' })

  await store.start('project', { provider: 'any', prompt: 'Think about it' })
  await clock.advance(15 * 60_000 - 1)
  expect(screen.getByRole('alert').elements()).toEqual([])
  await clock.advance(1)
  await screen.getByRole('button', { name: 'Stop it' }).click()
  await expect.element(screen.getByRole('alert')).not.toBeInTheDocument()
  expect(store.getSession('project')?.endReason).toBe('stopped')
})
