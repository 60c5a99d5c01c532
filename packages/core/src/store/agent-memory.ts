import type { ForeignCommand } from '../ports/agent-transport.ts'
import { makeId } from '../session-id.ts'
import type { CommandResult, Refusal, StartResult } from '../session/command-result.ts'
import { withoutEnvironment } from '../session/start-options.ts'
import type { OpenSessions } from './open-sessions.ts'
import { refusal } from './refusals.ts'
import type { SessionLibrary } from './session-library.ts'
import type { SessionRuns } from './session-runs.ts'
import type { SessionRuntime } from './session-runtime.ts'
import type { TransportCalls } from './transport-calls.ts'

export interface AgentMemoryOptions {
  readonly calls: TransportCalls
  readonly library: SessionLibrary
  readonly runs: SessionRuns
  readonly sessions: OpenSessions
  readonly newId: () => string
}

/** What is done with a session as its agent remembers it, beside its turns. */
export class AgentMemory {
  readonly #options: AgentMemoryOptions
  /** Log ins that are under way: asked for in two windows, a person does it once. */
  readonly #loggingIn = new Map<string, Promise<CommandResult>>()

  constructor(options: AgentMemoryOptions) {
    this.#options = options
  }

  /** Rejects when the storage fails. */
  async fork(runtime: SessionRuntime): Promise<StartResult> {
    const { calls, library, runs, sessions, newId } = this.#options
    const { state } = runtime
    const { sessionId, projectId } = state
    // What it is in the middle of is in no transcript yet.
    if (state.live) return refusal('session-running', 'The session is running. Stop it first, or wait for its end.')
    const command = this.#remembered(runtime, 'fork')
    if ('ok' in command) return command
    // As it is when the agent is asked: what is said meanwhile is in the one, and not in the other.
    const messages = await library.messages(sessionId, {})
    const forked = await calls.fork(sessionId, command)
    if (!forked.ok) return forked
    const blank = runs.newState(makeId(newId), projectId, state)
    const { title, renamed, mode, modes, models, commands, plan, continuity, lastSeqId, options } = state
    const record = {
      ...blank,
      ...(title !== undefined && { title }),
      ...(renamed && { renamed }),
      ...(mode !== undefined && { mode }),
      ...(continuity && { continuity }),
      modes,
      models,
      commands,
      plan,
      lastSeqId,
      options: withoutEnvironment(options),
      agentSessionId: forked.agentSessionId,
      forkedFrom: sessionId,
    }
    const id = await library.import({ record, messages })
    runs.shareEnvironment(sessionId, id)
    const opened = await library.open(id)
    if (opened) sessions.makeCurrent(opened)
    return { ok: true, sessionId: id }
  }

  async forget(runtime: SessionRuntime): Promise<CommandResult> {
    const command = this.#remembered(runtime, 'forget')
    return 'ok' in command ? command : this.#options.calls.forget(runtime.state.sessionId, command)
  }

  logIn(runtime: SessionRuntime, methodId: string): Promise<CommandResult> {
    const key = `${runtime.state.sessionId} ${methodId}`
    const pending = this.#loggingIn.get(key) ?? this.#logIn(runtime, methodId).finally(() => this.#loggingIn.delete(key))
    this.#loggingIn.set(key, pending)
    return pending
  }

  async #logIn(runtime: SessionRuntime, methodId: string): Promise<CommandResult> {
    const { calls, runs } = this.#options
    const reply = await calls.logIn(runtime.state.sessionId, { methodId, session: runs.context(runtime) })
    const { login } = runtime.state
    if (reply.ok && login) runtime.update({ login: { ...login, state: 'done' } })
    return reply
  }

  /** The session as its agent knows it, or why the agent cannot do that with it. */
  #remembered(runtime: SessionRuntime, what: 'fork' | 'forget'): ForeignCommand | Refusal {
    const { agentSessionId, abilities } = runtime.state
    if (abilities?.[what] === false) return refusal('not-supported', `This agent cannot ${what} a session.`)
    if (agentSessionId === undefined) return refusal('not-supported', 'The agent has no session of its own to this one.')
    return { agentSessionId, session: this.#options.runs.context(runtime) }
  }
}
