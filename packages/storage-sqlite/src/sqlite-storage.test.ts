import Database from 'better-sqlite3'
import { storageCases } from '@agent-session/core/conformance'
import { describe, test } from 'vitest'
import { createSqliteStorage, type SqliteDriver } from './index.ts'
import { databaseFolder } from './test/database-folder.ts'

const { path: newPath } = databaseFolder()

const drivers: Record<string, SqliteDriver | undefined> = {
  'node:sqlite': undefined,
  'better-sqlite3': (path) => new Database(path),
}

for (const [name, driver] of Object.entries(drivers)) {
  describe(name, () => {
    for (const { name, run } of storageCases) {
      test(name, () => {
        let path = ''
        const storage = () => createSqliteStorage({ path, ...(driver && { driver }) })
        return run({
          shared: true,
        async open() {
            path = newPath()
            return storage()
          },
          reopen: async () => storage(),
        })
      })
    }
  })
}
