// A process of its own: takes the lease of a file, saves a message, and another one whenever it is told to.
// node hold-lease.ts PATH

import { AgentSessionError } from '@agent-session/core'
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { createSqliteStorage } from '../index.ts'
import { batch } from './sample-batch.ts'

const tell = (line: string): void => void writeSync(1, `${line}\n`)

const storage = createSqliteStorage({ path: process.argv[2] ?? '' })
const { fence, lost } = await storage.acquire('the process')
await storage.commit({ ...batch(1), fence })
void lost.then(() => tell('lost'))
tell('holds')
createInterface({ input: process.stdin }).on('line', () => {
  storage.commit({ ...batch(3), fence }).then(
    () => tell('committed'),
    (error: unknown) => tell(`refused ${AgentSessionError.isInstance(error) ? error.code : String(error)}`),
  )
})
