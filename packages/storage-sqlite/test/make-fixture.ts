// Makes a database of the present schema version and keeps it beside those of older versions, for the tests of migrations:
// run it whenever a new version was released, and never again for one that is there.
//
//   node --conditions=agent-session-source packages/storage-sqlite/test/make-fixture.ts

import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { createSqliteStorage } from '../src/index.ts'
import { fixtureBatches } from './fixture-batches.ts'

const folder = mkdtempSync(join(tmpdir(), 'agent-session-fixture-'))
const path = join(folder, 'made.db')
const storage = createSqliteStorage({ path })
const lease = await storage.acquire('the fixture')
for (const batch of fixtureBatches) await storage.commit({ ...batch, fence: lease.fence })
await storage.close()

// As one file, without a WAL beside it, and without the name of the machine.
const database = new DatabaseSync(path)
database.exec("UPDATE lease SET process = ''; PRAGMA journal_mode = DELETE; VACUUM")
const version = Object.values(database.prepare('PRAGMA user_version').get() ?? {})[0]
database.close()

const target = fileURLToPath(new URL(`fixtures/v${String(version)}.db`, import.meta.url))
if (existsSync(target)) throw new Error(`${target} is there already; a version that was released is never made anew.`)
renameSync(path, target)
rmSync(folder, { recursive: true })
console.log(target)
