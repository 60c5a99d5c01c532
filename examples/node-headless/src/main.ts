// Gives an agent one task, shows what it does, and leaves a transcript:
// node src/main.ts [--agent "PROGRAM ARGUMENTS"] [--allow] [--folder DIR] TASK

import { appendFileSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createAgentStore } from '@agent-session/core'
import { exportSession } from '@agent-session/core/transfer'
import { createSqliteStorage } from '@agent-session/storage-sqlite'
import { createAcpTransport } from '@agent-session/transport-acp'
import { stdioAgents } from '@agent-session/transport-acp/stdio'
import { createProgress } from './progress.ts'

// What keeps it from beginning is said in a line: a wrong option, a folder that cannot be made.
process.once('uncaughtException', ({ message }) => process.stderr.write(`${message}\n`, () => process.exit(2)))

const { values, positionals } = parseArgs({ allowPositionals: true, options: { agent: { type: 'string' }, allow: { type: 'boolean' }, folder: { type: 'string' } } })
const folder = resolve(values.folder ?? 'headless')
const sandbox = join(folder, 'sandbox')
mkdirSync(sandbox, { recursive: true })

const example = [process.execPath, fileURLToPath(import.meta.resolve('@agent-session/example-agent')), '--sandbox', sandbox]
const [command = '', ...args] = values.agent?.split(' ') ?? example
const store = createAgentStore({
  transport: createAcpTransport({ connect: stdioAgents({ agents: { agent: { command, args } } }) }),
  storage: createSqliteStorage({ path: join(folder, 'sessions.db') }),
})
store.on('error', (error) => console.error(`${error.code}: ${error.message}`))

const project = 'headless'
const showProgress = createProgress((text) => process.stdout.write(text))
const ended = new Promise<void>((resolve) => {
  store.on('change', () => {
    const session = store.getSession(project)
    if (session === undefined) return
    showProgress(session.messages)
    for (const { id, state, options } of session.permissions) {
      const option = options.find(({ kind }) => kind === (values.allow ? 'allow_once' : 'reject_once'))
      if (state === 'pending' && option !== undefined) void session.respond(id, { optionId: option.id })
    }
    if (!session.live) resolve()
  })
})

// Once: the second Ctrl-C ends this program at once, and the agent with it.
process.once('SIGINT', () => void store.stop(project))

const started = await store.start(project, { provider: 'agent', prompt: positionals.join(' ') || 'help', cwd: sandbox })
if (started.ok) await ended
else console.error(started.error)

const session = store.getSession(project)
if (session !== undefined) {
  const transcript = join(folder, `${session.sessionId}.jsonl`)
  for await (const line of exportSession(store, session.sessionId)) appendFileSync(transcript, `${line}\n`, { mode: 0o600 })
  console.log(`\n\n${session.endReason ?? session.status}, ${session.outputTokens} tokens, ${session.costUsd.toFixed(4)} USD\n${transcript}`)
}
await store.dispose()
process.exitCode = session?.endReason === 'completed' ? 0 : session?.endReason === 'stopped' ? 130 : 1
