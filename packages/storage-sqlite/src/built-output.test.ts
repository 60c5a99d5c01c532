import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { databaseFolder } from './test/database-folder.ts'
import { batch } from './test/sample-batch.ts'

const { path: newPath } = databaseFolder()

test('what is built finds node:sqlite', () => {
  const built = fileURLToPath(new URL('../dist/index.js', import.meta.url))
  if (!existsSync(built)) throw new Error('The package is not built: run `npm run build` first (`npm test` does).')
  // Without the source condition, so that it runs as it is published, with a core that is built too.
  const program = `
    import { createSqliteStorage } from ${JSON.stringify(pathToFileURL(built).href)}
    const storage = createSqliteStorage({ path: process.argv[1] })
    await storage.commit(JSON.parse(process.argv[2]))
    console.log(JSON.stringify(await storage.loadMessages('s1')))
    await storage.close()`
  const output = execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', program, newPath(), JSON.stringify(batch(1))], { encoding: 'utf8' })
  expect(JSON.parse(output)).toEqual(batch(1).upsert)
})
