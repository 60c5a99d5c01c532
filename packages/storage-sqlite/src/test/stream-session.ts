// A process of its own: the endless agent streams into a store on a file, until it is killed. It tells what it shows, what
// it begins to save and what was saved, each with the monotonic time. node stream-session.ts PATH DRIVER SAVE_DELAY_MS
//
//   run NAME · turn MS · shown MS EVENT · begin EVENT · saved EVENT

import { createAgentStore, systemClock, type SessionStorage } from '@agent-session/core'
import { createScriptedTransport } from '@agent-session/core/testing'
import { createSqliteStorage } from '../index.ts'
import { driverOf } from './drivers.ts'
import { agentEvent } from './endless-agent.ts'
import { tellParent } from './tell-parent.ts'

const [path = '', driverName = '', saveDelayMs = ''] = process.argv.slice(2)
const eventsATurn = 5
const flushEach = 37

const driver = driverOf(driverName)
const sqlite = createSqliteStorage({ path, ...(driver && { driver }) })
const storage: SessionStorage = {
  ...sqlite,
  async commit(batch) {
    const event = batch.cursor?.epoch === run ? batch.cursor.seq : 0
    if (run !== '') tellParent(`begin ${event}`)
    await sqlite.commit(batch)
    if (run !== '') tellParent(`saved ${event}`)
  },
}

let run = ''
const transport = createScriptedTransport({ clock: systemClock })
const store = createAgentStore({ transport, storage, limits: { saveDelayMs: Number(saveDelayMs), residentMessages: 100 } })
store.on('error', (error) => void process.stderr.write(`${error.stack}\n`))
const { outcome } = await store.restore('home')
const reply = outcome === 'none' ? await store.start('home', { provider: 'p', prompt: 'go' }) : await store.prompt('home', 'go on')
if (!reply.ok) throw new Error(reply.error)
const session = store.getSession('home')
if (!session?.run) throw new Error('no session, or none that runs')
const { sessionId } = session
await store.flush()
run = session.run
tellParent(`run ${run}`)
for (let [turn, event] = [1, 0]; ; turn += 1) {
  tellParent(`turn ${performance.now()}`)
  for (let more = 0; more < eventsATurn; more += 1) {
    event += 1
    // Taken before it shows: what was shown is no younger than is told.
    const at = performance.now()
    transport.emit(agentEvent(sessionId, run, event))
    tellParent(`shown ${at} ${event}`)
  }
  if (turn % flushEach === 0) await store.flush()
  await new Promise((resolve) => setTimeout(resolve, 1))
}
