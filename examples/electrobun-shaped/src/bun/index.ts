import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createSqliteStorage } from '@agent-session/storage-sqlite'
import { createAcpTransport } from '@agent-session/transport-acp'
import { stdioAgents } from '@agent-session/transport-acp/stdio'
import { type AgentRpcHost, serveAgentRpc } from '@agent-session/transport-rpc'
import { BrowserView, BrowserWindow } from '../electrobun-stand-in/index.ts' // 'electrobun/bun'
import type { AppRpc } from '../shared/app-rpc.ts'

/** What the app is started with. */
export interface AppOptions {
  /** The SQLite file. */
  readonly database: string
  /** The folder that the agent works in. */
  readonly sandbox: string
  /** Ms between two words of the agent's stories. */
  readonly paceMs: number
}

/** The app's host process: the agents, the database, and one window. */
export function launch({ database, sandbox, paceMs }: AppOptions): { readonly window: BrowserWindow; readonly agents: AgentRpcHost } {
  const program = fileURLToPath(import.meta.resolve('@agent-session/example-agent'))
  mkdirSync(sandbox, { recursive: true })
  const agents = serveAgentRpc({
    // Programs are named here; a page picks one by its name.
    transport: createAcpTransport({
      connect: stdioAgents({
        agents: { example: { command: process.execPath, args: [program, '--sandbox', sandbox], env: { EXAMPLE_AGENT_PACE_MS: String(paceMs) } } },
      }),
    }),
    storage: createSqliteStorage({ path: database }),
    settings: { getAll: async () => ({ default_cwd: sandbox }) },
    // What the agent may do without a person: the wire has no words to ask one.
    permissions: ({ request }) => (request.title.startsWith('Write ') ? request.options.find(({ kind }) => kind === 'allow_once')?.id : undefined),
    growMs: 50,
    onProblem: (problem) => console.error(problem.message),
  })

  const rpc = BrowserView.defineRPC<AppRpc>({ handlers: { requests: { ...agents.requests, 'app.version': () => '1.0.0' } } })
  agents.connect(rpc)
  return { window: new BrowserWindow({ rpc }), agents }
}
