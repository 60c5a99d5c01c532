import { tmpdir } from 'node:os'
import { transportCases, type TransportScene, type TransportSetup, type TransportUnderTest } from '@agent-session/core/conformance'
import { createManualClock } from '@agent-session/core/testing'
import { describe, test } from 'vitest'
import { createClaudeTransport } from '../src/index.ts'
import { FakeClaude, scenes } from './fake-claude.ts'

function open(scene: TransportScene, disk = new Map<string, unknown[]>()): TransportUnderTest {
  const clock = createManualClock()
  const sdk = new FakeClaude(scene === 'refuses' ? scenes.answers : scenes[scene], disk)
  sdk.isBroken = scene === 'refuses'
  return {
    transport: createClaudeTransport({ sdk, clock, env: {} }),
    leftovers: () => [...Array.from({ length: clock.pending }, () => 'a timer'), ...[...sdk.live].map(() => 'a process')],
    reopen: () => open(scene, disk),
  }
}

const setup: TransportSetup = { open, start: { provider: 'claude', cwd: tmpdir() } }

describe('B26 the Claude Agent SDK, as a transport', () => {
  for (const { name, run } of transportCases) test(name, () => run(setup))
})
