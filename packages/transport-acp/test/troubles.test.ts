import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createManualClock } from '@agent-session/core/testing'
import { describe, expect, it } from 'vitest'
import { kinds, phases, playTrouble } from '../../../test/transports/troubles.ts'
import { createRig, newFolder } from './agents.ts'

const troubled = fileURLToPath(new URL('./troubled-agent.mjs', import.meta.url))

describe('F16 an agent', () => {
  it.each(kinds.flatMap((kind) => phases.map((phase) => [kind, phase] as const)))('that %s in its phase %s: the run ends, nothing stays open, the next prompt is answered', async (kind, phase) => {
    const clock = createManualClock()
    const folder = newFolder()
    try {
      const { transport } = createRig({ command: process.execPath, args: [troubled, kind, phase, folder] }, { clock, handshakeMs: 5_000, killAfterMs: 2_000 })
      const hasHappened = (): boolean => existsSync(path.join(folder, 'had-its-trouble'))
      expect(await playTrouble({ transport, clock, provider: 'agent', cwd: folder, hasHappened }, kind, phase)).toMatchSnapshot()
      expect([hasHappened(), clock.pending]).toEqual([true, 0])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
