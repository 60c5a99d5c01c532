import path from 'node:path'
import type { AgentSession } from '@agent-session/core'
import { RealRig } from '../../../../test/transports/real-rig.ts'
import { type ClaudeSdk, type ClaudeTransport, type ClaudeTransportOptions, createClaudeTransport } from '../../src/index.ts'
import { type ModelServer, type Scenario, startModelServer } from './model-server.ts'

/** A store with the real program behind it, which talks to a scripted model on loopback and to nothing else. */
export class Rig extends RealRig<ClaudeTransport> {
  readonly model: ModelServer

  private constructor(sdk: ClaudeSdk, model: ModelServer, more: ClaudeTransportOptions) {
    super({
      name: 'real-claude',
      provider: 'claude',
      model,
      connect(home) {
        const configDir = path.join(home, '.claude')
        // The SDK's calls for sessions on disk run in this process, and look where this process would.
        process.env['CLAUDE_CONFIG_DIR'] = configDir
        const env = {
          PATH: process.env['PATH'],
          HOME: home,
          CLAUDE_CONFIG_DIR: configDir,
          ANTHROPIC_BASE_URL: model.url,
          ANTHROPIC_API_KEY: 'sk-scripted',
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
          CLAUDE_CODE_MAX_RETRIES: '1',
          DISABLE_AUTOUPDATER: '1',
          DISABLE_ERROR_REPORTING: '1',
          DISABLE_TELEMETRY: '1',
          ...more.env,
        }
        const options = { settingSources: [], ...(typeof more.options === 'object' ? more.options : {}) }
        return createClaudeTransport({ sdk, ...more, env, options })
      },
    })
    this.model = model
  }

  static async open(sdk: ClaudeSdk, scenarios: readonly Scenario[], more: ClaudeTransportOptions = {}): Promise<Rig> {
    return new Rig(sdk, await startModelServer(scenarios), more)
  }
}

/** The conversation in short. */
export const said = ({ messages }: AgentSession): string[] =>
  messages.map(({ role, content, toolName, toolState, cut, parentId }) =>
    [role, toolName, toolState, cut === true ? 'cut' : undefined, parentId === undefined ? undefined : 'under', JSON.stringify(content.slice(0, 120))].filter((part) => part !== undefined).join(' '),
  )
