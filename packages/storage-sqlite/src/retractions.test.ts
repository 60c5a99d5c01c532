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
  // What is known of the session by now is not looked for again.
  for (const remove of [['nobody'], ['another', '\ud83e', 'm1']]) await storage.commit({ session: session({ lastSeqId: 3_000 }), upsert: [], remove })
  expect(looked).toHaveLength(2)
  await storage.commit({ session: session({ lastSeqId: 3_000 }), upsert: [], remove: ['nobody', 'nor I'] })
  expect(looked).toHaveLength(2)
  await storage.close()
})

test('what is retracted far from the end is found by its id, whoever wrote it, and however late', async () => {
  const path = newPath()
  const [one, two] = [createSqliteStorage({ path }), createSqliteStorage({ path })]
  const even = Array.from({ length: 1_500 }, (_, index) => message(2 * index + 2))
  const seqIds = async () => (await one.loadMessages('s1', { before: 20 })).map(({ seqId }) => seqId)
  await one.commit({ session: session(), upsert: even, remove: [] })
  await one.commit({ session: session(), upsert: [], remove: ['nobody', 'm4'] })
  expect(await seqIds()).toEqual([2, 6, 8, 10, 12, 14, 16, 18])
  // In between, by itself and by another process.
  await one.commit({ session: session(), upsert: [message(3), message(5)], remove: [] })
  await one.commit({ session: session(), upsert: [], remove: ['m3', 'm6'] })
  expect(await seqIds()).toEqual([2, 5, 8, 10, 12, 14, 16, 18])
  await two.commit({ session: session(), upsert: [message(7), message(9)], remove: ['m2'] })
  await one.commit({ session: session(), upsert: [], remove: ['m7', 'm5'] })
  expect(await seqIds()).toEqual([8, 9, 10, 12, 14, 16, 18])
  // A session that gets the place of one that is gone.
  await one.deleteSessions(['s1'])
  await one.commit({ session: session({ sessionId: 's2' }), upsert: even.map(({ seqId }) => message(seqId, { id: `n${seqId}` })), remove: [] })
  await one.commit({ session: session({ sessionId: 's2' }), upsert: [], remove: ['n4', 'm6'] })
  expect((await one.loadMessages('s2', { before: 8 })).map(({ id }) => id)).toEqual(['n2', 'n6'])
  await Promise.all([one.close(), two.close()])
})
