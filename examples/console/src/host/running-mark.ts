import { randomUUID } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import * as v from 'valibot'
import { loopback } from './listen.ts'
import { notPossible, StartError } from './start-error.ts'

/** Where a host says which mark it has. It is no secret: it only tells one host from another. */
export const markPath = '/running'

const mostMs = 2_000
const markFile = v.object({ port: v.number(), mark: v.string() })

/**
 * The mark that a running host leaves in its data folder, so that a second one on the same folder is refused in words
 * (the storage lets one alone write). A host that was killed leaves it too: then nobody answers at its port with it.
 */
export class RunningMark {
  readonly mark = randomUUID()
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /** Throws a `StartError` where another host runs on the folder. */
  async check(): Promise<void> {
    const left = await readFile(this.#file, 'utf8').catch(() => undefined)
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), markFile), left)
    if (!parsed.success) return
    const { port, mark } = parsed.output
    if ((await markAt(port)) !== mark) return
    throw new StartError(
      `A console runs on this data folder already, at port ${port}. Open the address that it printed, end it first, or name another folder with --data DIR.`,
      notPossible,
    )
  }

  async leave(port: number): Promise<void> {
    await writeFile(this.#file, JSON.stringify({ port, mark: this.mark }), { mode: 0o600 })
  }

  async remove(): Promise<void> {
    await rm(this.#file, { force: true })
  }
}

/** What answers at a port of this machine; `undefined` where nothing of the kind does. */
function markAt(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ host: loopback, port, path: markPath, timeout: mostMs }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => (text.length < 200 ? (text += piece) : response.destroy()))
      response.on('close', () => resolve(text))
    })
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(undefined))
    asked.end()
  })
}
