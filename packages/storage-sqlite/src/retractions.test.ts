import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { createSqliteStorage } from './index.ts'
import { databaseFolder } from './test/database-folder.ts'
import { message, session } from './test/sample-batch.ts'

const { path: newPath } = databaseFolder()

test('messages that are retracted are found near the end and far from it, whatever their ids, and unknown ones are looked for once', async () => {
  const looked: string[] = []
  const storage = createSqliteStorage({
    path: newPath(),
    driver: (path) => {
      const database = new DatabaseSync(path)
      return {
        exec: (sql) => database.exec(sql),
        prepare: (sql) => {
          const statement = database.prepare(sql)
          return {
            run: (...values) => statement.run(...values),
            get: (...values) => statement.get(...values),
            all(...values) {
              if (/json_each/.test(sql)) looked.push(sql)
              return statement.all(...values)
            },
          }
        },
        close: () => database.close(),
      }
    },
  })
  const ids = (seqId: number) => (seqId === 5 ? 'half \ud83e' : seqId === 6 ? 'NUL \0' : seqId === 7 ? `"quoted' [7]` : `m${seqId}`)
  const all = Array.from({ length: 3_000 }, (_, index) => message(index + 1, { id: ids(index + 1) }))
  await storage.commit({ session: session({ lastSeqId: 3_000 }), upsert: all, remove: [] })
  const gone = [1, 5, 6, 7, 1_999, 2_000, 2_001, 2_002, 2_999, 3_000]
  await storage.commit({ session: session({ lastSeqId: 3_000 }), upsert: [], remove: [...gone.map(ids), 'nobody', 'nor I', '\ud83e', ''] })
  expect(looked).toHaveLength(1)
  expect((await storage.loadMessages('s1')).map(({ seqId }) => seqId)).toEqual(all.map(({ seqId }) => seqId).filter((seqId) => !gone.includes(seqId)))
  await storage.close()
})
