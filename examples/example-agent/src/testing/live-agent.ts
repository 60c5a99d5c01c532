import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import {
  type AnyMessage,
  type ContentBlock,
  client,
  type ClientConnection,
  type ClientContext,
  methods,
  ndJsonStream,
  type PromptResponse,
  PROTOCOL_VERSION,
  type RequestPermissionRequest,
  type RequestPermissionResponse,
  type SessionUpdate,
} from '@agentclientprotocol/sdk/unstable'
import { afterAll } from 'vitest'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

export interface LiveOptions {
  readonly sandbox?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface TurnSeen {
  readonly updates: readonly SessionUpdate[]
  /** What came in which order, one word for each message, the chunks of a message as one. */
  readonly outline: readonly string[]
  readonly response: PromptResponse
}

/** The real program in a process of its own, driven by the official SDK. */
export class LiveAgent {
  readonly sandbox: string
  readonly agent: ClientContext
  readonly exited: Promise<{ code: number | null; signal: string | null }>
  /** Every update that the SDK's own schema has accepted, in the order they came. */
  readonly updates: SessionUpdate[] = []
  readonly #child: ChildProcess
  readonly #connection: ClientConnection
  readonly #raw: string[] = []
  readonly #waiting = new Set<() => void>()
  #sentUpdates = 0
  stderr = ''
  /** How the user answers. */
  onPermission: (request: RequestPermissionRequest) => RequestPermissionResponse | Promise<RequestPermissionResponse> =
    () => {
      throw new Error('nobody expected a question')
    }

  constructor({ sandbox = newFolder(), env = {} }: LiveOptions = {}) {
    this.sandbox = sandbox
    const child = spawn(process.execPath, [MAIN, '--sandbox', sandbox], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, EXAMPLE_AGENT_PACE_MS: '0', ...env },
    })
    this.#child = child
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal }))
    })
    child.stdin.on('error', () => {})
    const input = Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>
    const { readable, writable } = ndJsonStream(Writable.toWeb(child.stdin), input)
    // Handlers of the SDK start some microtasks late, and a response overtakes them: what came when is seen here.
    const tap = new TransformStream<AnyMessage, AnyMessage>({
      transform: (message, controller) => {
        this.#raw.push(nameOf(message))
        if ('method' in message && message.method === methods.client.session.update) this.#sentUpdates += 1
        controller.enqueue(message)
      },
    })
    this.#connection = client({ name: 'test' })
      .onRequest(methods.client.session.requestPermission, ({ params }) => this.onPermission(params))
      .onNotification(methods.client.session.update, ({ params }) => {
        this.updates.push(params.update)
        for (const look of this.#waiting) look()
      })
      .connect({ writable, readable: readable.pipeThrough(tap) })
    this.agent = this.#connection.agent
  }

  static async start(options?: LiveOptions): Promise<LiveAgent> {
    const live = new LiveAgent(options)
    await live.initialize()
    return live
  }

  initialize() {
    return this.agent.request(methods.agent.initialize, { protocolVersion: PROTOCOL_VERSION, clientCapabilities: {} })
  }

  async newSession(cwd = '/somewhere'): Promise<string> {
    const before = this.updates.length
    const { sessionId } = await this.agent.request(methods.agent.session.new, { cwd, mcpServers: [] })
    // It comes right after the answer; a turn's own updates are then all that a test sees.
    await this.update((update) => update.sessionUpdate === 'available_commands_update' && this.updates.indexOf(update) >= before)
    return sessionId
  }

  prompt(sessionId: string, prompt: string | ContentBlock[]): Promise<PromptResponse> {
    const blocks: ContentBlock[] = typeof prompt === 'string' ? [{ type: 'text', text: prompt }] : prompt
    return this.agent.request(methods.agent.session.prompt, { sessionId, prompt: blocks })
  }

  /** A whole turn: what was asked, and all that came until its end. */
  async turn(sessionId: string, prompt: string | ContentBlock[]): Promise<TurnSeen> {
    const updates = this.updates.length
    const raw = this.#raw.length
    const response = await this.prompt(sessionId, prompt)
    await this.settled()
    return { updates: this.updates.slice(updates), outline: withoutRepeats(this.#raw.slice(raw)), response }
  }

  cancel(sessionId: string): Promise<void> {
    return this.agent.notify(methods.agent.session.cancel, { sessionId })
  }

  /** The first update that is such a one, from now or from before. */
  update(isIt: (update: SessionUpdate) => boolean): Promise<SessionUpdate> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.updates.find(isIt)
        if (found === undefined) return
        this.#waiting.delete(look)
        resolve(found)
      }
      this.#waiting.add(look)
      look()
    })
  }

  /** Until all updates have been handled; fails where the SDK has refused one because it does not fit the schema. */
  async settled(): Promise<void> {
    for (let tries = 0; this.updates.length < this.#sentUpdates; tries += 1) {
      if (tries > 100) throw new Error(`${this.#sentUpdates - this.updates.length} updates do not fit the schema`)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** A line as it is, past the SDK. */
  write(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Closes the program's input, and waits for it to end. */
  async end(): Promise<{ code: number | null; signal: string | null }> {
    this.#child.stdin?.end()
    const ended = await this.exited
    this.#connection.close()
    return ended
  }
}

const folders: string[] = []

afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

export function newFolder(): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'example-agent-test-')))
  folders.push(folder)
  return folder
}

export function answer(optionId: string): RequestPermissionResponse {
  return { outcome: { outcome: 'selected', optionId } }
}

function nameOf(message: AnyMessage): string {
  if (!('method' in message)) return 'error' in message ? 'error' : 'result'
  const { params } = message
  if (message.method !== methods.client.session.update || !isRecord(params) || !isRecord(params['update'])) {
    return message.method
  }
  const { sessionUpdate, status } = params['update']
  return [sessionUpdate, status].filter((word) => typeof word === 'string').join(' ')
}

function withoutRepeats(names: readonly string[]): string[] {
  return names.filter((name, index) => name !== names[index - 1] || !name.endsWith('_chunk'))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
