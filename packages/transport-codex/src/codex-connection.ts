import type { AgentProcess } from '@agent-session/agent-process'
import { type Clock, errorText, within } from '@agent-session/core'
import { agentProblem } from '@agent-session/core/transport'
import type { RequestAnswer } from './fold/open-requests.ts'
import type { RpcId } from './fold/rpc-id.ts'
import { turnErrorText } from './fold/turn-error.ts'
import type { RpcMessage } from './rpc-lines.ts'

/** Ms that a Codex which has stopped talking has to end by itself, so that its exit code can be told. */
const partingMs = 500

/** JSON-RPC's code. */
const methodNotFound = -32_601

export interface ConnectionListener {
  /** A message that is about to be written. */
  sending(message: RpcMessage): void
  received(message: RpcMessage): void
  /** It is gone for good. */
  gone(end: ConnectionEnd): void
}

export interface ConnectionEnd {
  /** What happened, as a sentence. */
  readonly words: string
  /** Absent where it was ended by us, by a signal, or never ran. */
  readonly exitCode?: number
}

/** A refusal by Codex: what it was asked it did not do. */
export class RpcRefusal extends Error {
  override readonly name = 'RpcRefusal'
}

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

/** One `codex app-server` that is up: its requests and answers, in JSON-RPC. Every message passes its listener first, in its order. */
export class CodexConnection {
  /** Resolves, with what happened, when it is gone. */
  readonly gone: Promise<ConnectionEnd>
  readonly #process: AgentProcess<RpcMessage>
  readonly #listener: ConnectionListener
  readonly #clock: Clock
  readonly #name: string
  readonly #writer: WritableStreamDefaultWriter<RpcMessage>
  readonly #waiting = new Map<RpcId, Waiting>()
  #requests = 0
  #closed = false

  constructor(name: string, process: AgentProcess<RpcMessage>, clock: Clock, listener: ConnectionListener) {
    this.#name = name
    this.#process = process
    this.#clock = clock
    this.#listener = listener
    this.#writer = process.stream.writable.getWriter()
    this.gone = this.#receive(process.stream.readable)
  }

  /** Whether it has hung up: then it is as good as gone. */
  get isClosed(): boolean {
    return this.#closed
  }

  get cwd(): string {
    return this.#process.cwd
  }

  /** Rejects with an `RpcRefusal` where Codex refuses, with an `AgentSessionError` (`agent-exited`) when it is gone. */
  async request(method: string, params: object): Promise<unknown> {
    const id = (this.#requests += 1)
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    // It may be rejected while it is still being written.
    answer.catch(() => {})
    if (this.#closed) throw agentProblem('agent-exited', (await this.gone).words)
    await this.#write({ id, method, params })
    return answer
  }

  async notify(method: string): Promise<void> {
    await this.#write({ method })
  }

  async answer({ rpcId, result }: RequestAnswer): Promise<void> {
    await this.#write({ id: rpcId, result })
  }

  /** Answers a request that nobody here deals with. */
  async refuse(id: RpcId, message: string): Promise<void> {
    await this.#write({ id, error: { code: methodNotFound, message } })
  }

  /** Ends it, whether it wants to or not. */
  async kill(): Promise<void> {
    this.#close()
    await this.#process.kill()
    await this.gone
  }

  async #write(message: RpcMessage): Promise<void> {
    if (this.#closed) return
    this.#listener.sending(message)
    try {
      await this.#writer.write(message)
    } catch {
      // It is gone: its end says more than a broken pipe.
    }
  }

  async #receive(readable: ReadableStream<RpcMessage>): Promise<ConnectionEnd> {
    const reader = readable.getReader()
    let problem: string | undefined
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done || this.#closed) break
        this.#take(value)
      }
    } catch (error) {
      problem = errorText(error)
    }
    // What made reading fail is told as the problem; there is no more to read.
    reader.cancel().catch(() => {})
    this.#close()
    const end = await this.#end(problem)
    for (const { reject } of this.#waiting.values()) reject(agentProblem('agent-exited', end.words))
    this.#waiting.clear()
    this.#listener.gone(end)
    return end
  }

  #take(message: RpcMessage): void {
    const { id, method, result, error } = message
    this.#listener.received(message)
    if (method !== undefined || id === undefined) return
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined || error === null) waiting?.resolve(result)
    else waiting?.reject(new RpcRefusal(turnErrorText(error)))
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    // It cannot be told when it is gone; that it is gone is told by its end.
    this.#writer.close().catch(() => {})
  }

  /** What happened, once nothing of it is left. */
  async #end(problem: string | undefined): Promise<ConnectionEnd> {
    const { ended } = this.#process
    try {
      if (problem !== undefined) {
        await this.#process.kill()
        return { words: `The agent "${this.#name}" sent ${problem}. It was ended.` }
      }
      const parted = await within(this.#clock, partingMs, ended)
      if (!parted.timely) await this.#process.kill()
      const { words, exitCode } = await ended
      return { words: `The agent "${this.#name}" ${words}`, ...(exitCode !== undefined && { exitCode }) }
    } catch (error) {
      return { words: `The agent "${this.#name}" could not be ended: ${errorText(error)}` }
    }
  }
}
