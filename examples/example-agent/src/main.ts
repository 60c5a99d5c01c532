import { lstatSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { Readable, Writable } from 'node:stream'
import { ndJsonStream } from '@agentclientprotocol/sdk/unstable'
import { createExampleAgent } from './agent.ts'
import { Commands } from './command.ts'
import { ConversationStore } from './conversation-store.ts'
import { plantSamples } from './samples.ts'
import { Sandbox } from './sandbox.ts'
import { parseSettings, type Settings, SettingsError, USAGE } from './settings.ts'

/** Standard output is the protocol's alone, so all else that there is to say goes to standard error. */
function report(text: string): void {
  process.stderr.write(`example-agent: ${text}\n`)
}

function readSettings(args: readonly string[]): Settings {
  if (args.includes('--help')) {
    process.stderr.write(USAGE)
    process.exit(0)
  }
  try {
    return parseSettings(args, process.env, tmpdir())
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    report(error.message)
    process.stderr.write(`\n${USAGE}`)
    process.exit(2)
  }
}

async function openSandbox(settings: Settings): Promise<Sandbox> {
  try {
    const sandbox = await Sandbox.open(settings.sandboxFolder)
    if (settings.sandboxIsDefault) refuseForeign(settings.sandboxFolder)
    await plantSamples(sandbox, report)
    return sandbox
  } catch (error) {
    report(`the sandbox ${settings.sandboxFolder} cannot be used: ${error instanceof Error ? error.message : error}`)
    process.exit(1)
  }
}

/** In a temp folder that all share, somebody else may have made the folder first, or a link of that name. */
function refuseForeign(folder: string): void {
  const found = lstatSync(folder)
  if (!found.isDirectory() || (process.getuid !== undefined && found.uid !== process.getuid())) {
    throw new Error('it belongs to somebody else; choose another with --sandbox DIR')
  }
}

const settings = readSettings(process.argv.slice(2))
const sandbox = await openSandbox(settings)
const commands = new Commands()

// However the program ends, short of -9, no command is left behind. (For -9 see command.ts.)
process.on('exit', () => commands.killAll())

const { app, saveAll } = createExampleAgent({
  world: {
    sandbox,
    commands,
    paceMs: settings.paceMs,
    runLimitMs: settings.runLimitMs,
    crash: (reason) => {
      report(reason)
      process.exit(3)
    },
  },
  memory: new ConversationStore(sandbox.memoryFolder, report),
  report,
})

function end(exitCode: number): never {
  saveAll()
  process.exit(exitCode)
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => end(128 + constants.signals[name]))
}
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    report(error instanceof Error ? (error.stack ?? error.message) : String(error))
    end(1)
  })
}
// A client that has gone away is no error to cry about: the connection closes, and that ends the program.
process.stdout.on('error', () => end(0))

// Node and the DOM describe the same stream by types that do not quite fit each other.
const input = Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>
const connection = app.connect(ndJsonStream(Writable.toWeb(process.stdout), input))
await connection.closed
end(0)
