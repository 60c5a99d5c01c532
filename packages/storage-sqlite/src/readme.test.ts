import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { databaseFolder } from './test/database-folder.ts'

const { folder } = databaseFolder()

test('the example of the README is the one that runs here', async () => {
  const example = readFileSync(new URL('../test/readme/first-look.ts', import.meta.url), 'utf8')
  expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(`\`\`\`ts\n${example}\`\`\``)

  const said = vi.spyOn(console, 'log').mockImplementation(() => {})
  const before = process.cwd()
  process.chdir(folder)
  try {
    await import('../test/readme/first-look.ts')
  } finally {
    process.chdir(before)
  }
  expect(said.mock.calls.at(-1)?.[0]).toEqual(['Remember this', 'Kept.'])
})
