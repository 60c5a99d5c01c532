import { homedir } from 'node:os'
import { readCommandLine, usage } from './command-line.ts'
import type { RunningHost } from './run-host.ts'
import { StartError } from './start-error.ts'

async function main(): Promise<RunningHost | undefined> {
  const commandLine = readCommandLine(process.argv.slice(2), {
    env: process.env,
    platform: process.platform,
    home: homedir(),
    cwd: process.env['INIT_CWD'] ?? process.cwd(),
  })
  if (commandLine.help) {
    process.stdout.write(usage)
    return undefined
  }
  // Only now: what is asked of the command line alone is answered at once.
  const { runHost } = await import('./run-host.ts')
  const host = await runHost(commandLine, (line) => process.stderr.write(`${line}\n`))
  // The address stands alone on its line, for people who double-click it and for programs that look for it.
  process.stdout.write(`\nAgent Session console\n  agent  ${host.agent}\n  data   ${host.dataFolder}\n\n${host.url}\n\nCtrl+C ends it, and the agents with it.\n`)
  return host
}

/** Ends the agents and saves what is not saved, then the process. Asked twice, it does not wait. */
function endOn(host: RunningHost): void {
  let ending = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (ending) process.exit(1)
      ending = true
      host.close().then(
        () => process.exit(0),
        (thrown: unknown) => {
          process.stderr.write(`The console did not end as it should: ${String(thrown)}\n`)
          process.exit(1)
        },
      )
    })
  }
}

try {
  const host = await main()
  if (host !== undefined) endOn(host)
} catch (thrown) {
  if (!(thrown instanceof StartError)) throw thrown
  process.stderr.write(`${thrown.message}\n`)
  process.exitCode = thrown.exitCode
}
