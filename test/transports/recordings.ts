import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** When all that was recorded is said to have come, in epoch ms. */
export const recordedAt = 1_790_000_000_000

/** A folder of recorded streams, one message a line. */
export interface Recordings {
  /** Below the folder, without their endings, sorted. */
  readonly names: readonly string[]
  /** The lines of one as they are. */
  read(name: string): unknown[]
}

export function recordingsIn(folder: URL): Recordings {
  const root = fileURLToPath(folder)
  return {
    names: readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.jsonl'))
      .map((file) => file.replace('.jsonl', '').replaceAll('\\', '/'))
      .sort(),
    read: (name) =>
      readFileSync(`${root}${name}.jsonl`, 'utf8')
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line): unknown => JSON.parse(line)),
  }
}
