import type { TransportScene } from '@agent-session/core/conformance'
import { field, textField } from '@agent-session/core/transport'
import type { CanUseTool, ClaudeQuery, ClaudeSdk } from '../src/index.ts'

type Say = (message: object) => void

/** What the program does when a prompt comes. */
export type Script = (turn: FakeTurn) => Promise<void> | void

/** What a script has to work with. */
export interface FakeTurn {
  /** How many prompts there have been, this one included, over all processes. */
  readonly count: number
  readonly prompt: unknown
  readonly process: FakeProcess
  /** Resolves when the host asks the program to stop. */
  readonly interrupted: Promise<void>
  say: Say
  text(words: string): void
  result(more?: object): void
  ask(toolName: string, input: Record<string, unknown>, details?: object): ReturnType<CanUseTool>
}

/** An SDK whose program does what a script says, and that shows what is done to it. */
export class FakeClaude implements ClaudeSdk {
  readonly script: Script
  /** What the program keeps on disk, by its session's id. */
  readonly disk: Map<string, unknown[]>
  readonly live = new Set<FakeProcess>()
  readonly started: Record<string, unknown>[] = []
  prompts = 0
  /** Makes each start of the program fail. */
  isBroken = false
  /** The program never gets as far as to say that it is up. */
  isMute = false

  constructor(script: Script, disk = new Map<string, unknown[]>()) {
    this.script = script
    this.disk = disk
  }

  query({ prompt, options }: { readonly prompt: AsyncIterable<unknown>; readonly options: Record<string, unknown> }): ClaudeQuery {
    this.started.push(options)
    const process = new FakeProcess(this, prompt, options)
    this.live.add(process)
    return process
  }

  async listSessions(): Promise<readonly unknown[]> {
    return [...this.disk.keys()].map((sessionId) => ({ sessionId, summary: 'Say hello', lastModified: 1, cwd: '/project' }))
  }

  async getSessionMessages(sessionId: string): Promise<readonly unknown[]> {
    return this.disk.get(sessionId) ?? []
  }

  async forkSession(sessionId: string): Promise<{ readonly sessionId: string }> {
    const copy = `${sessionId}-copy`
    const kept = this.disk.get(sessionId)
    if (kept === undefined) throw new Error(`Session ${sessionId} not found`)
    this.disk.set(copy, [...kept])
    return { sessionId: copy }
  }

  async deleteSession(sessionId: string): Promise<void> {
    if (!this.disk.delete(sessionId)) throw new Error(`Session ${sessionId} not found`)
  }
}

export class FakeProcess implements ClaudeQuery {
  readonly options: Record<string, unknown>
  readonly sessionId: string
  readonly #claude: FakeClaude
  readonly #out: unknown[] = []
  #wake = (): void => {}
  #ended: { readonly error?: Error } | undefined
  #interrupt = (): void => {}
  /** What the program does with an interrupt beside ending its turn. */
  receipt: object = { still_queued: [] }
  ignoresInterrupts = false
  readonly modes: string[] = []
  readonly models: (string | undefined)[] = []

  constructor(claude: FakeClaude, prompts: AsyncIterable<unknown>, options: Record<string, unknown>) {
    this.#claude = claude
    this.options = options
    const resume = options['resume']
    this.sessionId = typeof resume === 'string' ? resume : `00000000-0000-4000-8000-00000000000${claude.started.length}`
    if (claude.isBroken) this.end(new Error('Claude Code process exited with code 1. stderr: no licence'))
    else if (typeof resume === 'string' && !claude.disk.has(resume)) {
      const errors = [`No conversation found with session ID: ${resume}`]
      this.say({ type: 'result', subtype: 'error_during_execution', is_error: true, errors, total_cost_usd: 0, modelUsage: {} })
      this.end(new Error(`Claude Code returned an error result: ${errors[0]}`))
    } else void this.#read(prompts)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
    for (;;) {
      if (this.#out.length > 0) yield this.#out.shift()
      else if (this.#ended !== undefined) break
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    if (this.#ended.error !== undefined) throw this.#ended.error
  }

  async initializationResult(): Promise<unknown> {
    if (this.#claude.isMute) await new Promise(() => {})
    await Promise.resolve()
    if (this.#ended?.error !== undefined) throw this.#ended.error
    return { account: { apiProvider: 'firstParty', tokenSource: 'none', apiKeySource: 'ANTHROPIC_API_KEY' }, models: [{ value: 'default', displayName: 'Default' }], commands: [{ name: 'compact', description: 'Makes it shorter', argumentHint: '' }] }
  }

  async interrupt(): Promise<unknown> {
    if (!this.ignoresInterrupts) this.#interrupt()
    await Promise.resolve()
    return this.receipt
  }

  async setPermissionMode(mode: string): Promise<void> {
    this.modes.push(mode)
  }

  async setModel(model?: string): Promise<void> {
    this.models.push(model)
  }

  close(): void {
    this.end()
  }

  end(error?: Error): void {
    this.#ended ??= error === undefined ? {} : { error }
    this.#claude.live.delete(this)
    this.#wake()
  }

  say(message: object): void {
    const uuid = crypto.randomUUID()
    this.#out.push({ session_id: this.sessionId, parent_tool_use_id: null, uuid, ...message })
    this.#wake()
  }

  async #read(prompts: AsyncIterable<unknown>): Promise<void> {
    for await (const prompt of prompts) {
      this.#keep({ type: 'user', uuid: textField(prompt, 'uuid') ?? crypto.randomUUID(), message: field(prompt, 'message'), parent_tool_use_id: null })
      this.#claude.prompts += 1
      this.say({ type: 'system', subtype: 'init', model: 'claude-fake', permissionMode: this.options['permissionMode'] ?? 'default' })
      const interrupted = new Promise<void>((resolve) => (this.#interrupt = resolve))
      const turn: FakeTurn = {
        count: this.#claude.prompts,
        prompt,
        process: this,
        interrupted,
        say: (message) => this.say(message),
        text: (words) => this.#text(words),
        result: (more = {}) => this.say({ type: 'result', subtype: 'success', is_error: false, terminal_reason: 'completed', stop_reason: 'end_turn', result: '', ...more }),
        ask: (toolName, input, details = {}) => this.#ask(toolName, input, details),
      }
      void this.#claude.script(turn)
    }
  }

  #keep(message: object): void {
    const kept = this.#claude.disk.get(this.sessionId) ?? []
    this.#claude.disk.set(this.sessionId, [...kept, message])
  }

  /** A whole answer, as it streams and as it is kept. */
  #text(words: string): void {
    const id = `msg_${crypto.randomUUID()}`
    const event = (body: object): void => this.say({ type: 'stream_event', event: body })
    event({ type: 'message_start', message: { id, model: 'claude-fake', content: [] } })
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } })
    for (const text of [words.slice(0, 3), words.slice(3)]) event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })
    const message = { type: 'assistant', message: { id, model: 'claude-fake', content: [{ type: 'text', text: words }] } }
    this.say(message)
    this.#keep({ uuid: crypto.randomUUID(), parent_tool_use_id: null, ...message })
    event({ type: 'content_block_stop', index: 0 })
    event({ type: 'message_stop' })
  }

  #ask(toolName: string, input: Record<string, unknown>, details: object): ReturnType<CanUseTool> {
    const canUseTool = this.options['canUseTool']
    if (typeof canUseTool !== 'function') throw new Error('There is nobody to ask')
    return canUseTool(toolName, input, { signal: new AbortController().signal, requestId: crypto.randomUUID(), ...details })
  }
}

const begun = { type: 'stream_event', event: { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Hello.' } } }
const aborted = { subtype: 'error_during_execution', is_error: true, terminal_reason: 'aborted_streaming', errors: ['[ede_diagnostic] result_type=user'] }

/** Says `Hello.`, not to its end, and waits to be stopped. */
async function hang(turn: FakeTurn): Promise<void> {
  turn.say({ type: 'stream_event', event: { type: 'message_start', message: { id: `msg_${crypto.randomUUID()}` } } })
  turn.say(begun)
  await turn.interrupted
  turn.result(aborted)
}

/** The scenes of the conformance kit. */
export const scenes: Readonly<Record<Exclude<TransportScene, 'refuses'>, Script>> = {
  answers(turn) {
    turn.text('Hello.')
    turn.result()
  },
  hangs: hang,
  'uses-a-tool'(turn) {
    const id = `toolu_${crypto.randomUUID()}`
    turn.say({ type: 'assistant', message: { id: `msg_${id}`, content: [{ type: 'tool_use', id, name: 'Read', input: { file_path: 'a.txt' } }] } })
    turn.say({ type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: id, content: 'one' }] } })
    turn.text('Hello.')
    turn.result()
  },
  async asks(turn) {
    const id = `toolu_${crypto.randomUUID()}`
    turn.say({ type: 'assistant', message: { id: `msg_${id}`, content: [{ type: 'tool_use', id, name: 'Bash', input: { command: 'ls' } }] } })
    const verdict = await Promise.race([turn.ask('Bash', { command: 'ls' }, { toolUseID: id }), turn.interrupted])
    if (verdict === undefined) return turn.result({ ...aborted, terminal_reason: 'aborted_tools' })
    const denied = verdict.behavior === 'deny'
    turn.say({ type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: id, content: denied ? verdict.message : 'one', is_error: denied }] } })
    turn.text('Hello.')
    turn.result()
  },
  fails(turn) {
    const words = 'API Error: 500 out of order'
    turn.say({ type: 'assistant', error: 'server_error', message: { id: crypto.randomUUID(), model: '<synthetic>', content: [{ type: 'text', text: words }] } })
    turn.result({ is_error: true, terminal_reason: 'api_error', result: words })
  },
  dies(turn) {
    turn.text('Hello.')
    if (turn.count === 1) turn.process.end(new Error('Claude Code process exited with code 3'))
    else turn.result()
  },
  'speaks-unknown'(turn) {
    turn.say({ type: 'quantum', flux: 1 })
    turn.text('Hello.')
    turn.result()
  },
  async 'talks-late'(turn) {
    if (turn.count > 1) return scenes.answers(turn)
    await hang(turn)
    turn.say({ type: 'stream_event', event: { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' And more.' } } })
    turn.say({ type: 'user', message: { content: [{ type: 'text', text: '[Request interrupted by user]' }] } })
    turn.result(aborted)
  },
}
