import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** Lines of the sources, the devtools of a subpath, comments and blank lines apart. */
function linesOf(adapter: string): number {
  const folder = join(import.meta.dirname, '../packages', adapter, 'src')
  const sources = readdirSync(folder).filter((name) => name.endsWith('.ts')).map((name) => readFileSync(join(folder, name), 'utf8'))
  return sources.flatMap((source) => source.split('\n')).filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line)).length
}

test.each([
  ['adapter-svelte', 150],
  ['adapter-vue', 200],
])('%s has less than %i lines, so that it is read in one go', (adapter, limit) => {
  expect(linesOf(adapter)).toBeGreaterThan(50)
  expect(linesOf(adapter)).toBeLessThan(limit)
})
