import { createAgentStore } from '@agent-session/core'
import { createManualClock, createScriptedTransport } from '@agent-session/core/testing'
import { expect, test } from 'vitest'
import { effectScope } from 'vue'
import { useStallNotice } from './use-stall-notice.ts'

test('Vue: a quarter of an hour of silence is noticed, and the agent is stopped', async () => {
  const clock = createManualClock()
  const transport = createScriptedTransport({ clock, script: (turn) => turn.wait(60 * 60_000) })
  const store = createAgentStore({ transport, clock })
  const scope = effectScope()
  const { notice, stop } = scope.run(() => useStallNotice('project', { store })) ?? expect.unreachable()

  await store.start('project', { provider: 'any', prompt: 'Think about it' })
  await clock.advance(15 * 60_000 - 1)
  expect(notice.value).toBeUndefined()
  await clock.advance(1)
  expect(notice.value).toBe('Silent for a quarter of an hour')
  await stop()
  expect([notice.value, store.getSession('project')?.endReason]).toEqual([undefined, 'stopped'])
  scope.stop()
})
