import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

const main = path.join(import.meta.dirname, '..', 'src', 'host', 'main.ts')

// What is tested is what people start: the built packages. With CONSOLE_TEST_SOURCE=1 it is their source, without a build.
const conditions = process.env['CONSOLE_TEST_SOURCE'] === '1' ? ['--conditions=agent-session-source'] : []

export interface HostEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A host process of its own, as `npm start` would start it. It ends with the test. */
export class HostProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<HostEnd>
  #stdout = ''
  #stderr = ''

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [...conditions, main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '', ...env },
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text))
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text))
    this.#ended = once(this.#child, 'close').then(() => ({
      code: this.#child.exitCode,
      signal: this.#child.signalCode,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }))
    onTestFinished(async () => {
      this.#child.kill('SIGKILL')
      await this.#ended
    })
  }

  /** With the token, as it is printed; rejects with what was said when the host ends instead. */
  async url(): Promise<string> {
    const { stdout } = this.#child
    if (stdout === null) throw new Error('The host has no output.')
    for (;;) {
      const found = /^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]+$/m.exec(this.#stdout)
      if (found !== null) return found[0]
      const ended = await Promise.race([once(stdout, 'data').then(() => undefined), this.#ended])
      if (ended !== undefined) throw new Error(`The host ended with ${ended.code}:\n${ended.stdout}\n${ended.stderr}`)
    }
  }

  get stderr(): string {
    return this.#stderr
  }

  /** Resolves when it ends by itself. */
  get ended(): Promise<HostEnd> {
    return this.#ended
  }

  /** Stands still, its lines open, until it goes on by `false`. */
  freeze(still: boolean): void {
    this.#child.kill(still ? 'SIGSTOP' : 'SIGCONT')
  }

  /** Resolves when it has ended. */
  async kill(signal: NodeJS.Signals): Promise<HostEnd> {
    this.#child.kill(signal)
    return this.#ended
  }
}

/** A folder for one test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'console-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}

/** A host on a free port; each word of a story takes `paceMs`. */
export function startHost(dataFolder: string, { paceMs = 0, args = [] }: { paceMs?: number; args?: readonly string[] } = {}): HostProcess {
  return new HostProcess(['--port', '0', '--data', dataFolder, ...args], { EXAMPLE_AGENT_PACE_MS: String(paceMs) })
}
