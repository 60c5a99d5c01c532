import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { transportCases, type TransportScene, type TransportUnderTest } from '@agent-session/core/conformance'
import { createManualClock } from '@agent-session/core/testing'
import { describe, test } from 'vitest'
import { createCodexTransport, type Route } from '../src/index.ts'
import { livingAgents } from './living-agents.ts'

const sceneCodex = fileURLToPath(new URL('./scene-codex.mjs', import.meta.url))
const newFolder = (): string => realpathSync(mkdtempSync(path.join(tmpdir(), 'transport-codex-test-')))

function onRoute(route: Route, scene: TransportScene, folder = newFolder()): TransportUnderTest {
  const clock = createManualClock()
  const command = scene === 'refuses' ? 'no-such-agent-program' : process.execPath
  return {
    transport: createCodexTransport({ route, clock, agents: { agent: { command, args: [sceneCodex, scene, folder] } } }),
    leftovers: () => [...Array.from({ length: clock.pending }, () => 'a timer'), ...livingAgents(folder)],
    reopen: () => onRoute(route, scene, folder),
    dispose: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

describe('B26 the app-server, as a transport', () => {
  for (const { name, run } of transportCases) test(name, () => run({ open: (scene) => onRoute('app-server', scene) }))
})

describe('B26 codex exec, as a transport', () => {
  const without = { asks: 'codex exec never asks' }
  for (const { name, run } of transportCases) test(name, () => run({ open: (scene) => onRoute('exec', scene), without }))
})
