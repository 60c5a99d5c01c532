import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createManualClock } from '@agent-session/core/testing'
import { describe, expect, it } from 'vitest'
import { type Kind, kinds, type Phase, phases, playTrouble } from '../../../test/transports/troubles.ts'
import { createCodexTransport, type Route } from '../src/index.ts'
import { livingAgents } from './living-agents.ts'

const troubled = fileURLToPath(new URL('./troubled-codex.mjs', import.meta.url))

async function play(route: Route, kind: Kind, phase: Phase): Promise<void> {
  const clock = createManualClock()
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'transport-codex-test-')))
  try {
    const agents = { codex: { command: process.execPath, args: [troubled, kind, phase, folder] } }
    const transport = createCodexTransport({ agents, route, clock, handshakeMs: 5_000, killAfterMs: 2_000 })
    const hasHappened = (): boolean => existsSync(path.join(folder, 'had-its-trouble'))
    expect(await playTrouble({ transport, clock, provider: 'codex', cwd: folder, hasHappened }, kind, phase)).toMatchSnapshot()
    expect([hasHappened(), clock.pending]).toEqual([true, 0])
    while (livingAgents(folder).length > 0) await new Promise((resolve) => setImmediate(resolve))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('F16 an app-server', () => {
  it.each(kinds.flatMap((kind) => phases.map((phase) => [kind, phase] as const)))('that %s in its phase %s: the run ends, nothing stays open, the next prompt is answered', (kind, phase) => play('app-server', kind, phase))
})

describe('F16 a codex exec', () => {
  // It opens no session apart from its turn, and asks nothing.
  const ofExec = phases.filter((phase) => !['opening', 'question', 'answer', 'stop'].includes(phase))
  it.each(kinds.flatMap((kind) => ofExec.map((phase) => [kind, phase] as const)))('that %s in its phase %s: the run ends, nothing stays open, the next prompt is answered', (kind, phase) => play('exec', kind, phase))
})
