import { fileURLToPath } from 'node:url'
import { createLaunchToken, serveWebSocket } from '@agent-session/bridge/node'
import { createAgentStore, errorText, type Provider } from '@agent-session/core'
import { transportRegistry } from '@agent-session/core/registry'
import { createSqliteStorage } from '@agent-session/storage-sqlite'
import { socketPath } from '../host-info.ts'
import { readAgentFile } from './agent-file.ts'
import { agentsSessions } from './agents-sessions.ts'
import { BoundedSessions, limitsOf } from './bounded-sessions.ts'
import { BoundsFile } from './bounds-file.ts'
import type { CommandLine } from './command-line.ts'
import { openDataFolder, type DataFolder } from './data-folder.ts'
import { createHostApi } from './host-api.ts'
import { isOfEarlierConsole, leaveFormat, renameEarlierAgents } from './earlier-agents.ts'
import { knownAgents, type KnownAgentsOptions } from './known-agents.ts'
import { listen, loopback } from './listen.ts'
import { readPageFiles } from './page-files.ts'
import { createPageServer } from './page-server.ts'
import { ProjectFile } from './project-file.ts'
import { RetentionFile } from './retention-file.ts'
import { RunningMark } from './running-mark.ts'
import { notPossible, StartError, wrongUse } from './start-error.ts'

export interface RunningHost {
  /** With the token of this launch. */
  readonly url: string
  readonly agent: string
  readonly dataFolder: string
  /** Ends the agents, saves, and lets go of the port. */
  close(): Promise<void>
}

const pageFolder = fileURLToPath(new URL('../../dist', import.meta.url))

/** Puts the parts together: agents, storage, store, page and bridge. Throws a `StartError`, and leaves nothing behind then. */
export async function runHost({ port: wantedPort, dataFolder, agent }: CommandLine, log: (line: string) => void): Promise<RunningHost> {
  const files = await readPageFiles(pageFolder)
  const data = await openDataFolder(dataFolder)
  const transcript: KnownAgentsOptions['transcript'] = (sessionId) => storage.loadMessages(sessionId)
  const own = await readAgentFile(data.agents)
  const agents = knownAgents({ sandbox: data.sandbox, own, transcript })
  checkAgent(agents, agent, data)
  const running = new RunningMark(data.running)
  await running.check()
  const projects = await ProjectFile.open(data.projects, { id: 'playground', cwd: data.sandbox })
  const retentionFile = new RetentionFile(data.retention)
  const retention = await retentionFile.read()
  const boundsFile = new BoundsFile(data.limits)
  const bounds = await boundsFile.read()
  const earlier = { file: data.format, database: data.database, own }
  const isEarlier = await isOfEarlierConsole(earlier)
  const storage = await openStorage(data, log)
  if (isEarlier) {
    const count = await renameEarlierAgents(storage, earlier)
    if (count > 0) log(`${count === 1 ? 'One session' : `${count} sessions`} of an earlier console: "claude" and "codex" were their ACP adapters there, and are called "claude-acp" and "codex-acp" now.`)
  }
  await leaveFormat(earlier)

  const token = createLaunchToken()
  const api = createHostApi({
    defaultAgent: agent,
    projects,
    defaultCwd: data.sandbox,
    retention: {
      current: () => store.retention,
      async set(policy) {
        await retentionFile.save(policy)
        await store.setRetention(policy)
      },
    },
    agentsSessions: (projectId) => agentsSessions(storage, projectId),
    limits: {
      current: () => bounded.bounds,
      async set(wanted) {
        await boundsFile.save(wanted)
        await bounded.set(wanted)
      },
    },
  })
  const server = createPageServer({ files, api, token, mark: running.mark })
  const port = await listen(server, wantedPort).catch(async (thrown: unknown) => {
    await storage.close()
    throw thrown
  })
  await running.leave(port)

  const transport = transportRegistry(agents)
  const store = createAgentStore({ transport, storage, retention, limits: limitsOf(bounds) })
  const bounded = new BoundedSessions(store, bounds, log)
  store.on('error', (error) => log(`error: ${error.message}`))
  store.on('warning', (warning) => log(`warning: ${warning.message}`))
  const sockets = await serveWebSocket({ store, server, token, path: socketPath })

  return {
    url: `http://${loopback}:${port}/#token=${token}`,
    agent,
    dataFolder: data.path,
    async close() {
      server.close()
      await sockets.close()
      await store.dispose()
      await running.remove()
      server.closeAllConnections()
    },
  }
}

function checkAgent(agents: Readonly<Record<string, Provider>>, wanted: string, data: DataFolder): void {
  if (Object.hasOwn(agents, wanted)) return
  throw new StartError(
    `There is no agent named "${wanted}". There are ${Object.keys(agents).join(', ')}; others are named in ${data.agents}.`,
    wrongUse,
  )
}

async function openStorage({ database }: DataFolder, log: (line: string) => void) {
  const storage = createSqliteStorage({ path: database, onProblem: (problem) => log(`warning: ${problem.message}`) })
  try {
    await storage.ready()
    return storage
  } catch (cause) {
    throw new StartError(
      `The sessions in ${database} could not be opened: ${errorText(cause)}\n` +
        'The file was left as it is. Move it away to begin with none, or name another folder with --data DIR.',
      notPossible,
      { cause },
    )
  }
}
