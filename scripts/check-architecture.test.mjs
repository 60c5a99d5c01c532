import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { checkArchitecture } from './check-architecture.mjs'

const table = JSON.parse(readFileSync(join(import.meta.dirname, 'architecture.json'), 'utf8'))
const trees = []

/** Makes a tree of the given files and checks it. The packages' manifests are there unless a case writes its own. */
function check(files, rows = table) {
  const root = mkdtempSync(join(tmpdir(), 'architecture-'))
  trees.push(root)
  const core = { '@agent-session/core': 'workspace:^' }
  const manifest = (name, dependencies, peerDependencies = core) =>
    JSON.stringify({ name: `@agent-session/${name}`, dependencies, peerDependencies })
  const all = {
    'packages/core/package.json': manifest('core', { nanoevents: '1' }, {}),
    'packages/adapter-vue/package.json': manifest('adapter-vue', {}, { ...core, vue: '3' }),
    'packages/storage-sqlite/package.json': manifest('storage-sqlite', {}),
    'packages/bridge/package.json': manifest('bridge', { birpc: '4', ws: '8' }),
    ...files,
  }
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return checkArchitecture(root, rows)
}

const core = (text) => check({ 'packages/core/src/a.ts': text })

afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true })
})

test('a tree that keeps the rules has no problems', () => {
  const problems = check({
    'packages/core/src/index.ts': `
      import { createNanoEvents } from 'nanoevents'
      import type { Clock } from './clock.ts'
      export const later = (clock: Clock) => clock.setTimeout(() => createNanoEvents(), 1)
      export const at: Date | undefined = undefined
      export type Timer = ReturnType<typeof setTimeout>`,
    'packages/core/src/clock.ts': `export interface Clock { setTimeout(run: () => void, ms: number): unknown }`,
    'packages/core/src/defaults/system-clock.ts': `export const now = () => Date.now() + performance.now() + Math.random()`,
    'packages/core/src/a.test.ts': `
      import { test } from 'vitest'
      import { readFileSync } from 'node:fs'
      import { createManualClock } from '@agent-session/core/testing'
      test('', () => { setTimeout(readFileSync, Date.now(), createManualClock) })`,
    'packages/storage-sqlite/src/index.ts': `export const open = () => import('node:sqlite')`,
    'packages/bridge/src/node/index.ts': `
      import { randomUUID } from 'node:crypto'
      import { WebSocketServer } from 'ws'
      export const token = () => randomUUID() + WebSocketServer + crypto.randomUUID()`,
  })
  expect(problems).toEqual([])
})

describe('the import table', () => {
  test.each([
    ['a value', `import { ref } from 'vue'`],
    ['a type', `import type { Ref } from 'vue'`],
    ['a type by import()', `export type R = import('vue').Ref`],
    ['a re-export', `export * from 'vue'`],
    ['a re-exported type', `export type { Ref } from 'vue'`],
    ['a dynamic import', `export const load = () => import('vue')`],
    ['a side effect', `import 'vue'`],
    ['require', `export const vue = require('vue')`],
    ['a Node module', `import { readFileSync } from 'node:fs'`],
    ['a Node module through process', `export const fs = process.getBuiltinModule('fs')`],
    ['types by a reference', `/// <reference types="node" />\nexport {}`],
    ['another package of the house', `import { serve } from '@agent-session/bridge'`],
    ['an example', `import { run } from '@agent-session/example-agent'`],
    ['the name of another with more after it', `import x from 'nanoevents-more'`],
    ["its own tests' tools", `import { test } from 'vitest'`],
  ])('refuses %s that the row does not name', (_, text) => {
    expect(core(text)[0]).toMatch(/^packages\/core\/src\/a\.ts:1 imports '.*', which the row of core does not name$/)
  })

  test('says the line', () => {
    expect(core(`export {}\n\nimport 'vue'`)[0]).toMatch(/^packages\/core\/src\/a\.ts:3 /)
  })

  test('refuses an import of what is computed', () => {
    expect(core(`export const load = (name: string) => import(name)`)[0]).toContain('imports what it computes')
  })

  test('refuses what the package.json does not declare', () => {
    const problems = check({
      'packages/core/package.json': JSON.stringify({ name: '@agent-session/core' }),
      'packages/core/src/a.ts': `import 'nanoevents'`,
    })
    expect(problems[0]).toContain('does not declare')
  })

  test('refuses a package without a row', () => {
    expect(check({ 'packages/new/package.json': '{"name":"@agent-session/new"}' })[0]).toContain('has no row')
  })

  test('refuses a static import of what may come by import() alone', () => {
    const problems = check({ 'packages/storage-sqlite/src/a.ts': `import { DatabaseSync } from 'node:sqlite'` })
    expect(problems[0]).toContain('by import() alone')
  })

  test("refuses outside a folder what that folder's row alone allows", () => {
    const problems = check({ 'packages/bridge/src/a.ts': `import 'ws'\nimport 'node:http'` })
    expect(problems).toHaveLength(2)
  })

  test("refuses the core's tools for tests in what is shipped", () => {
    const problems = check({
      'packages/bridge/src/a.ts': `import '@agent-session/core/testing'`,
      'packages/core/src/testing/manual-clock.ts': `export {}`,
      'packages/core/src/a.ts': `import './testing/manual-clock.ts'`,
    })
    expect(problems).toHaveLength(2)
  })

  test('refuses relative paths out of the source, and to nothing', () => {
    const problems = check({
      'packages/core/src/index.ts': `export {}`,
      'packages/bridge/src/a.ts': `import '../../core/src/index.ts'`,
      'packages/bridge/src/b.ts': `import './not-there.ts'`,
      'packages/bridge/src/c.ts': `import '../package.json'`,
      'packages/bridge/src/c.test.ts': `export {}`,
      'packages/bridge/src/d.ts': `import './c.test.ts'`,
    })
    expect(problems).toEqual([
      expect.stringContaining('outside its source'),
      expect.stringContaining('not there'),
      expect.stringContaining('outside its source'),
      expect.stringContaining('the test file'),
    ])
  })

  test('looks into components, and keeps their lines', () => {
    const problems = check({ 'packages/adapter-vue/src/A.vue': `<template>\n</template>\n<script setup lang="ts">\nimport 'svelte'\n</script>\n` })
    expect(problems[0]).toMatch(/^packages\/adapter-vue\/src\/A\.vue:4 /)
  })

  test('refuses in an example the source of a package by its path', () => {
    const problems = check({
      'examples/x/package.json': '{}',
      'examples/x/src/a.ts': `import '../../../packages/core/src/index.ts'`,
    })
    expect(problems[0]).toContain('as their users do')
  })
})

describe('cycles', () => {
  test('refuses one among files, of types alone', () => {
    const problems = check({
      'packages/core/src/a.ts': `import type { B } from './b.ts'\nexport type A = B`,
      'packages/core/src/b.ts': `export type { A } from './c.ts'\nexport type B = 1`,
      'packages/core/src/c.ts': `export type A = import('./a.ts').A`,
    })
    expect(problems).toEqual([
      'packages/core/src/a.ts:1 is in an import cycle: packages/core/src/a.ts → packages/core/src/b.ts → packages/core/src/c.ts → packages/core/src/a.ts',
    ])
  })

  test('lets two ways lead to one file', () => {
    const problems = check({
      'packages/core/src/a.ts': `import './b.ts'\nimport './c.ts'`,
      'packages/core/src/b.ts': `import './d.ts'`,
      'packages/core/src/c.ts': `import './d.ts'`,
      'packages/core/src/d.ts': `export {}`,
    })
    expect(problems).toEqual([])
  })

  test('refuses one among packages', () => {
    const rows = { ...table, packages: { ...table.packages, core: { imports: ['@agent-session/bridge'] } } }
    const problems = check(
      {
        'packages/core/package.json': '{"name":"@agent-session/core","dependencies":{"@agent-session/bridge":"1"}}',
        'packages/core/src/a.ts': `import type {} from '@agent-session/bridge'`,
        'packages/bridge/src/a.ts': `import type {} from '@agent-session/core'`,
      },
      rows,
    )
    expect(problems).toEqual([expect.stringMatching(/cycle of packages: @agent-session\/\w+ → @agent-session\/\w+ →/)])
  })
})

describe('globals', () => {
  test.each([
    'Date.now()',
    'new Date()',
    'new Date(1)',
    'performance.now()',
    'setTimeout(() => {}, 1)',
    'setInterval(() => {}, 1)',
    'setImmediate(() => {})',
    'queueMicrotask(() => {})',
    'requestAnimationFrame(() => {})',
    'clearTimeout(1)',
    'Math.random()',
    `Math['random']()`,
    'crypto.randomUUID()',
    'crypto.getRandomValues(new Uint8Array(1))',
    'AbortSignal.timeout(1)',
    'process.hrtime()',
    'process.nextTick(() => {})',
    'globalThis.setTimeout(() => {}, 1)',
    'globalThis.crypto.randomUUID()',
    'globalThis.Math.random()',
    `globalThis['Date'].now()`,
    'Object.keys(globalThis)',
    '{ setTimeout }',
    '[Date.now]',
    '(run = queueMicrotask) => run',
  ])('refuses %s', (use) => {
    const problems = core(`export const x = () => (${use})`)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^packages\/core\/src\/a\.ts:1 uses the global /)
  })

  test.each([
    'const { setTimeout } = globalThis',
    'const { random } = Math',
    'class Later extends Date {}',
    'declare const setTimeout: () => void\nsetTimeout()',
    'export { setTimeout }',
  ])('refuses %s', (text) => {
    expect(core(text)).toHaveLength(1)
  })

  test.each([
    'export const x = (clock: { setTimeout(run: () => void): void }) => clock.setTimeout(() => {})',
    'export const x = { setTimeout: 1, Date: 2 }',
    'export interface Clock { setTimeout(): void; Date: Date }',
    'export class Clock { setTimeout(): void {} }',
    'export const x = (random: () => number) => random()',
    'export const x = (crypto: { randomUUID(): string }) => crypto.randomUUID()',
    'export const x = (clock: { Date: number }) => { const { Date } = clock; return Date }',
    'export const x = Math.max(1, 2)',
    'export const x = globalThis.structuredClone({})',
    '// setTimeout\nexport const x = "Date.now()"',
  ])('lets pass: %s', (text) => {
    expect(core(text)).toEqual([])
  })

  test("refuses Node's modules for time, and clocks in a folder that Node is allowed in", () => {
    const problems = check({
      'packages/bridge/src/node/a.ts': `import { setTimeout } from 'node:timers/promises'`,
      'packages/bridge/src/node/b.ts': `export const x = () => setTimeout(() => {}, 1)`,
      'packages/bridge/src/c.ts': `export const x = () => crypto.randomUUID()`,
    })
    expect(problems).toHaveLength(3)
  })
})
