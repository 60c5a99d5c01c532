import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { AgentSession } from '@agent-session/core'
import { RealRig } from '../../../../test/transports/real-rig.ts'
import { type CodexTransport, type CodexTransportOptions, createCodexTransport, type Route } from '../../src/index.ts'
import { type ModelServer, type Scenario, startModelServer } from './model-server.ts'

export interface RigOptions extends CodexTransportOptions {
  /** The program, as a file. */
  readonly program: string
  readonly route?: Route
}

/** A store with the real program behind it, which talks to a scripted model on loopback and to nothing else. */
export class Rig extends RealRig<CodexTransport> {
  readonly model: ModelServer

  private constructor(model: ModelServer, { program, ...options }: RigOptions) {
    super({
      name: 'real-codex',
      provider: 'codex',
      model,
      defaults: { model: 'gpt-5.5', permissionMode: 'auto' },
      connect(home) {
        const codexHome = path.join(home, '.codex')
        mkdirSync(codexHome, { recursive: true })
        writeFileSync(path.join(codexHome, 'config.toml'), configOf(model.url))
        const env = { PATH: process.env['PATH'], HOME: home, CODEX_HOME: codexHome, SCRIPTED_API_KEY: 'sk-scripted', TMPDIR: path.join(home, 'tmp') }
        return createCodexTransport({ agents: { codex: { command: program } }, env, ...options })
      },
    })
    this.model = model
  }

  static async open(scenarios: readonly Scenario[], options: RigOptions): Promise<Rig> {
    return new Rig(await startModelServer(scenarios), options)
  }
}

/** A session in short lines. */
export function said({ messages }: AgentSession): string[] {
  return messages.map(({ role, toolName, content, cut, parentId }) => `${role}${toolName === undefined ? '' : ` ${toolName}`} ${JSON.stringify(content.slice(0, 200))}${cut ? ' cut' : ''}${parentId === undefined ? '' : ' below'}`)
}

/** Nothing that reaches beyond loopback. */
const configOf = (url: string): string => `
model = "gpt-5.5"
model_provider = "scripted"
web_search = "disabled"
check_for_update_on_startup = false
[model_providers.scripted]
name = "Scripted"
base_url = "${url}"
env_key = "SCRIPTED_API_KEY"
wire_api = "responses"
request_max_retries = 1
stream_max_retries = 1
[analytics]
enabled = false
[feedback]
enabled = false
[features]
plugins = false
unbounded_connection_retries = false
[tools.update_plan]
enabled = true
`
