import { storageCases } from '@agent-session/core/conformance'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('../test/run-cases.ts', import.meta.url))

/** From npm, and not with the other dependencies: it is large, and needed here alone. */
const bun = 'bun@1.4.5'

test('bun:sqlite keeps every promise of the port', { timeout: 180_000 }, () => {
  const { status, stdout, stderr } = spawnSync('npx', ['--yes', '-p', bun, 'bun', '--conditions=agent-session-source', script], { encoding: 'utf8' })
  expect({ status, stderr: stderr.split('\n').filter((line) => !line.startsWith('npm warn')).join('\n') }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toContain(`bun:sqlite: ${storageCases.length} of ${storageCases.length} cases, check []`)
})
