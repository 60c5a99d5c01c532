import { storageCases } from '@agent-session/core/conformance'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runtimeOf } from './test/runtime-of.ts'

const script = fileURLToPath(new URL('../test/run-cases.ts', import.meta.url))

test('bun:sqlite keeps every promise of the port', { timeout: 180_000 }, () => {
  const { program, args } = runtimeOf('bun:sqlite')
  const { status, stdout, stderr } = spawnSync(program, [...args, script], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toContain(`bun:sqlite: ${storageCases.length} of ${storageCases.length} cases, check []`)
})
