import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { undocumented } from './check-docs.mjs'

const folders = []

/** What has no docstring of the public surface of this index, with these files beside it. */
function check(index, files = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'docs-'))
  folders.push(folder)
  for (const [name, text] of Object.entries({ 'index.ts': index, ...files })) writeFileSync(join(folder, name), text)
  return undocumented([join(folder, 'index.ts')], folder)
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

test('an export needs a docstring, where it is declared', () => {
  const files = { 'a.ts': '/** Says. */\nexport const a = 1\nexport function b() {}\nexport const inner = 1' }
  expect(check("export { a, b as c } from './a.ts'\nexport type T = string", files)).toEqual(['a.ts:3 c', 'index.ts:2 T'])
})

test('of an interface or a class: what may be absent, numbers and methods', () => {
  const source = `
/** An interface. */
export interface I {
  readonly name: string
  readonly count: number
  readonly most: number | undefined
  readonly title?: string
  run(): void
  /** Says. */
  readonly size?: number
}
/** A class. */
export class C {
  readonly name = ''
  #hidden = 1
  constructor() {}
  run() { return this.#hidden }
}
`
  expect(check(source)).toEqual(['index.ts:17 C.run', 'index.ts:5 I.count', 'index.ts:6 I.most', 'index.ts:7 I.title', 'index.ts:8 I.run'])
})
