// A process of its own: commits one message after the other and tells the seqId of each that was acknowledged.
// node stream-commits.ts PATH DRIVER SESSION COUNT

import Database from 'better-sqlite3'
import { writeSync } from 'node:fs'
import { createSqliteStorage } from '../index.ts'
import { batch } from './sample-batch.ts'

const [path = '', driver = '', sessionId = '', count = ''] = process.argv.slice(2)
const storage = createSqliteStorage({ path, ...(driver === 'better-sqlite3' && { driver: (path) => new Database(path) }) })
for (let seqId = 1; seqId <= Number(count); seqId += 1) {
  await storage.commit(batch(seqId, sessionId))
  writeSync(1, `${seqId}\n`)
}
await storage.close()
