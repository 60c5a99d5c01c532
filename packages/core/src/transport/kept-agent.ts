import type { Clock } from '../ports/clock.ts'
import { within } from '../timers/deadline.ts'
import { agentProblem } from './agent-problem.ts'

/** A program that serves one session, or the connection to it. */
export interface AgentProgram {
  /** It has hung up: then it is as good as gone. */
  readonly isClosed: boolean
  /** Resolves when it is gone. Never rejects. */
  readonly gone: Promise<unknown>
  /** Ends it, whether it wants to or not. */
  kill(): Promise<void>
}

/** One attempt to have an agent up. */
export interface AgentStart<Agent> {
  /** Whether anybody still waits for it. */
  readonly isWanted: boolean
  /** The agent is there, and is made ready from now on. Rejects, and ends it, where it came too late. */
  hold(agent: Agent): Promise<void>
}

/** How long a kept agent has for what. */
export interface KeptAgentOptions {
  readonly clock: Clock
  /** Ms from its start until it must be ready. */
  readonly handshakeMs: number
  /** Ms that a start which was called off is waited for. */
  readonly killAfterMs: number
  /** Ms for which it is kept with nothing to do. */
  readonly idleMs: number
  /** It was not ready in time: what a person is told. */
  readonly lateWords: string
}

interface Opening<Agent> {
  readonly agent: Promise<Agent>
  /** Resolves when the agent is held, or never will be. Never rejects. */
  readonly settled: Promise<void>
  abandon(why: Error): void
}

/**
 * The agent that serves one session: started by the first who needs it, one start however many wait for it, kept between
 * turns, and let go of after a while. A start that is given up leaves nothing behind, however late it succeeds.
 */
export class KeptAgent<Agent extends AgentProgram> {
  readonly #options: KeptAgentOptions
  #agent: Agent | undefined
  #opening: Opening<Agent> | undefined
  #idle: unknown

  /** Nothing is started yet. */
  constructor(options: KeptAgentOptions) {
    this.#options = options
  }

  /** The agent, from the moment that it is held; it need not be ready. `undefined` where there is none. */
  get current(): Agent | undefined {
    return this.#agent
  }

  /** Whether one is being started. */
  get isOpening(): boolean {
    return this.#opening !== undefined
  }

  /** The agent once it is ready, where one is up or being started. Rejects as its start does. */
  async ready(): Promise<Agent | undefined> {
    return this.#opening === undefined ? this.#agent : this.#opening.agent
  }

  /** The agent, started by `open` where none is up: that holds it and makes it ready. Rejects as `open` does, or late. */
  async up(open: (start: AgentStart<Agent>) => Promise<Agent>): Promise<Agent> {
    // One that has just hung up is waited for, and another one takes its place.
    if (this.#agent?.isClosed === true && this.#opening === undefined) await this.#agent.gone
    if (this.#agent !== undefined && this.#opening === undefined) return this.#agent
    this.#opening ??= this.#open(open)
    return this.#opening.agent
  }

  /** Forgets the agent: it is gone. False where it was not the one that is kept. */
  lose(agent: Agent): boolean {
    if (this.#agent !== agent) return false
    this.#agent = undefined
    this.awake()
    return true
  }

  /** It has something to do. */
  awake(): void {
    this.#options.clock.clearTimeout(this.#idle)
  }

  /** It has nothing to do, and need not wait for ever: it is ended after a while. */
  rest(): void {
    const { clock, idleMs } = this.#options
    const agent = this.#agent
    this.awake()
    if (agent === undefined) return
    this.#idle = clock.setTimeout(() => {
      if (this.#opening === undefined) void agent.kill()
    }, idleMs)
  }

  /** Gives up a start that is under way; whoever waits for it is told why. What is held of it is left to the caller. */
  async callOff(why: string): Promise<void> {
    const opening = this.#opening
    if (opening === undefined) return
    opening.abandon(agentProblem('agent-exited', why))
    // Why it failed is told to those who wait for it.
    await opening.agent.catch(() => {})
    const { clock, killAfterMs } = this.#options
    // One that is just being started ends as soon as it is there; one that never comes up is not waited for.
    await within(clock, killAfterMs, opening.settled)
  }

  #open(open: (start: AgentStart<Agent>) => Promise<Agent>): Opening<Agent> {
    let abandon = (_why: Error): void => {}
    const abandoned = new Promise<never>((_resolve, reject) => (abandon = reject))
    let settle = (): void => {}
    const settled = new Promise<void>((resolve) => (settle = resolve))
    let isWanted = true
    const start: AgentStart<Agent> = {
      get isWanted() {
        return isWanted
      },
      hold: async (agent) => {
        if (isWanted) this.#agent = agent
        else await agent.kill()
        settle()
        if (!isWanted) throw agentProblem('agent-exited', 'It came too late')
      },
    }
    const work = async (): Promise<Agent> => {
      const { clock, handshakeMs, lateWords } = this.#options
      try {
        const opened = await within(clock, handshakeMs, Promise.race([abandoned, open(start).finally(settle)]))
        if (opened.timely) return opened.value
        throw agentProblem('agent-protocol', lateWords)
      } catch (error) {
        isWanted = false
        await this.#agent?.kill()
        throw error
      } finally {
        this.#opening = undefined
      }
    }
    return { agent: work(), settled, abandon }
  }
}
