// A process of its own: commits one message after the other and tells the seqId of each that was acknowledged.
// node stream-commits.ts PATH DRIVER SESSION COUNT

import { createSqliteStorage } from '../index.ts'
import { driverOf } from './drivers.ts'
import { batch } from './sample-batch.ts'
import { tellParent } from './tell-parent.ts'

const [path = '', driverName = '', sessionId = '', count = ''] = process.argv.slice(2)
const driver = driverOf(driverName)
const storage = createSqliteStorage({ path, ...(driver && { driver }) })
for (let seqId = 1; seqId <= Number(count); seqId += 1) {
  await storage.commit(batch(seqId, sessionId))
  tellParent(String(seqId))
}
await storage.close()
