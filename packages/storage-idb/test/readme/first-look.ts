import { createAgentStore } from '@agent-session/core'
import { createScriptedTransport } from '@agent-session/core/testing'
import { createIdbStorage } from '@agent-session/storage-idb'

const open = () =>
  createAgentStore({
    transport: createScriptedTransport({ script: (turn) => turn.stream('Kept.') }),
    storage: createIdbStorage({ name: 'my-app' }),
  })

const store = open()
await store.start('my-project', { provider: 'demo', prompt: 'Remember this' })
await store.dispose() // saves, and closes the database

const again = open()
console.log(await again.restore('my-project')) // { outcome: …, sessionId: … }
console.log(again.getSession('my-project')?.messages.map((message) => message.content))
await again.dispose()
