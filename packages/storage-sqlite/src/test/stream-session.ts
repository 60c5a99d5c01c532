// A process of its own: an agent that streams into a store on a file, and tells what it gave and what was saved of it.
// It goes on until it is killed. node stream-session.ts PATH DRIVER

import { createAgentStore, newId, systemClock } from '@agent-session/core'
import { createScriptedTransport } from '@agent-session/core/testing'
import Database from 'better-sqlite3'
import { writeSync } from 'node:fs'
import { createSqliteStorage } from '../index.ts'

const [path = '', driver = ''] = process.argv.slice(2)
/** At once, also where the reader has fallen behind. */
function tell(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`)
      return
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EAGAIN')) throw thrown
    }
  }
}

const transport = createScriptedTransport({ clock: systemClock })
const store = createAgentStore({
  transport,
  storage: createSqliteStorage({ path, ...(driver === 'better-sqlite3' && { driver: (path) => new Database(path) }) }),
  limits: { saveDelayMs: 20, residentMessages: 100 },
})
store.on('error', (error) => console.error(error))
const { outcome } = await store.restore('home')
const reply = outcome === 'none' ? await store.start('home', { provider: 'p', prompt: 'go' }) : await store.prompt('home', 'go on')
if (!reply.ok) throw new Error(reply.error)
const session = store.getSession('home')
if (!session) throw new Error('no session')
const { sessionId } = session
const run = session.run ?? ''
let given = session.messageCount
for (;;) {
  const id = newId()
  for (const part of ['one ', 'two ', 'three']) transport.emit({ type: 'delta', sessionId, run, id, kind: 'text', text: part })
  transport.emit({ type: 'message-end', sessionId, run, id })
  given = session.lastMessage?.seqId ?? given
  tell(`given ${given}`)
  if (given % 5 === 0) {
    await store.flush()
    tell(`saved ${given}`)
  }
  await new Promise((resolve) => setImmediate(resolve))
}
