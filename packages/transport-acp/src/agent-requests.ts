import { AgentSessionError, errorText } from '@agent-session/core'
import { amountField, field, listField, textField } from '@agent-session/core/transport'
import { RequestError } from '@agentclientprotocol/sdk/unstable'
import type { HostCommand, HostCommands, HostFiles, SessionFolders } from './host-services.ts'

export interface AgentRequestsOptions {
  readonly files?: HostFiles
  readonly commands?: HostCommands
}

/** More commands at once than a session has use for. */
const mostCommands = 32

/**
 * What an agent asks its host to do: read and write files, run commands. Off unless the host has said how; then each
 * request is the host's to refuse.
 */
export class AgentRequests {
  readonly #files: HostFiles | undefined
  readonly #commands: HostCommands | undefined
  readonly #running = new Map<string, HostCommand>()
  #count = 0
  #closed = false

  constructor({ files, commands }: AgentRequestsOptions) {
    this.#files = files
    this.#commands = commands
  }

  /** What the agent is told that it may ask for. */
  get capabilities(): { readonly fs: { readonly readTextFile: boolean; readonly writeTextFile: boolean }; readonly terminal: boolean } {
    const fs = { readTextFile: this.#files !== undefined, writeTextFile: this.#files?.writeText !== undefined }
    return { fs, terminal: this.#commands !== undefined }
  }

  /** The methods that are answered here. */
  get methods(): ReadonlySet<string> {
    const { fs, terminal } = this.capabilities
    return new Set([
      ...(fs.readTextFile ? ['fs/read_text_file'] : []),
      ...(fs.writeTextFile ? ['fs/write_text_file'] : []),
      ...(terminal ? ['terminal/create', 'terminal/output', 'terminal/wait_for_exit', 'terminal/kill', 'terminal/release'] : []),
    ])
  }

  /** The answer to a request. Rejects with a `RequestError` that says why not. */
  async answer(method: string, params: unknown, folders: SessionFolders): Promise<unknown> {
    if (!this.methods.has(method)) throw RequestError.methodNotFound(method)
    try {
      return await this.#work(method, params, folders)
    } catch (error) {
      if (error instanceof RequestError) throw error
      // A refusal is the agent's to know; what went wrong here otherwise is told in words as well, and nothing more.
      throw AgentSessionError.isInstance(error) && error.code === 'invalid-argument'
        ? RequestError.invalidParams(undefined, error.message)
        : RequestError.internalError(undefined, errorText(error))
    }
  }

  /** Ends every command that still runs. */
  async close(): Promise<void> {
    this.#closed = true
    const running = [...this.#running.values()]
    this.#running.clear()
    await Promise.all(running.map((command) => command.kill()))
  }

  async #work(method: string, params: unknown, folders: SessionFolders): Promise<unknown> {
    switch (method) {
      case 'fs/read_text_file': {
        const line = amountField(params, 'line')
        const limit = amountField(params, 'limit')
        const range = { ...(line !== undefined && { line }), ...(limit !== undefined && { limit }) }
        return { content: (await this.#files?.readText(wordOf(params, 'path'), range, folders)) ?? '' }
      }
      case 'fs/write_text_file':
        await this.#files?.writeText?.(wordOf(params, 'path'), wordOf(params, 'content'), folders)
        return {}
      case 'terminal/create':
        return { terminalId: await this.#run(params, folders) }
      case 'terminal/output': {
        const { output, truncated, exit } = this.#command(params).output()
        return { output, truncated, ...(exit && { exitStatus: exit }) }
      }
      case 'terminal/wait_for_exit':
        return this.#command(params).ended
      case 'terminal/kill':
        await this.#command(params).kill()
        return {}
      default: {
        const command = this.#command(params)
        this.#running.delete(wordOf(params, 'terminalId'))
        await command.kill()
        return {}
      }
    }
  }

  async #run(params: unknown, folders: SessionFolders): Promise<string> {
    if (this.#running.size >= mostCommands) throw RequestError.invalidParams(undefined, `${mostCommands} commands run already: release one first`)
    const cwd = textField(params, 'cwd')
    const outputByteLimit = amountField(params, 'outputByteLimit')
    const env = listField(params, 'env').map((one): [string, string] => [wordOf(one, 'name'), wordOf(one, 'value')])
    const command = await this.#commands?.run(
      {
        command: wordOf(params, 'command'),
        args: listField(params, 'args').map((arg) => {
          if (typeof arg !== 'string') throw RequestError.invalidParams(undefined, 'an argument that is no text')
          return arg
        }),
        env: Object.fromEntries(env),
        ...(cwd !== undefined && { cwd }),
        ...(outputByteLimit !== undefined && { outputByteLimit }),
      },
      folders,
    )
    if (command === undefined) throw RequestError.methodNotFound('terminal/create')
    const terminalId = `terminal-${(this.#count += 1)}`
    this.#running.set(terminalId, command)
    // It came up while all was being closed: nobody will end it later.
    if (this.#closed) await this.close()
    return terminalId
  }

  #command(params: unknown): HostCommand {
    const command = this.#running.get(wordOf(params, 'terminalId'))
    if (command === undefined) throw RequestError.invalidParams(undefined, 'There is no such terminal')
    return command
  }
}

function wordOf(params: unknown, name: string): string {
  const word = field(params, name)
  if (typeof word !== 'string') throw RequestError.invalidParams(undefined, `"${name}" must be text`)
  return word
}
