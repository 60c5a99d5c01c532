import type { AgentSession, PermissionRequest } from '@agent-session/core'
import { RealRig } from '../../../../test/transports/real-rig.ts'
import { createAcpTransport } from '../../src/index.ts'
import { stdioAgents } from '../../src/stdio/index.ts'
import type { RealAgent } from './agents.ts'
import { type ModelServer, type Scenario, startModelServer } from './model-server.ts'

export type AcpTransport = ReturnType<typeof createAcpTransport>

/** A store with a real agent behind it, which talks to a scripted model on loopback and to nothing else. */
export class Rig extends RealRig<AcpTransport> {
  readonly agent: RealAgent
  readonly #stderr: { text: string }

  private constructor(agent: RealAgent, bin: string, model: ModelServer) {
    const stderr = { text: '' }
    super({
      name: 'real-acp',
      provider: agent.name,
      model,
      connect: (home) => createAcpTransport({ connect: stdioAgents({ agents: { [agent.name]: agent.program(bin, home, model.url) }, env: {}, onStderr: (text) => void (stderr.text += text) }) }),
    })
    this.agent = agent
    this.#stderr = stderr
  }

  static async open(agent: RealAgent, bin: string, scenarios: readonly Scenario[]): Promise<Rig> {
    return new Rig(agent, bin, await startModelServer(scenarios))
  }

  /** What the agent wrote there. */
  get stderr(): string {
    return this.#stderr.text
  }

  /** Takes the first option of a kind. */
  async choose(kind: 'allow_once' | 'allow_always' | 'reject_once' | 'reject_always'): Promise<PermissionRequest> {
    const { options } = await this.asked()
    const option = options.find((one) => one.kind === kind)
    if (option === undefined) throw new Error(`There is no ${kind} among ${JSON.stringify(options)}`)
    return this.answer({ optionId: option.id })
  }
}

/** What was said and done, a line each. */
export const said = ({ messages }: AgentSession): string[] =>
  messages.filter(({ role }) => role !== 'thinking').map(({ role, content, parentId, isError }) => `${parentId === undefined ? '' : '  '}${role}${isError ? '!' : ''}: ${content.trim().slice(0, 120)}`)
