import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { OrderOf } from '../orders.ts'
import type { SandboxPath } from '../sandbox.ts'
import { failureOf, ToolFailure } from '../tool-failure.ts'
import type { ActiveTurn } from '../turn.ts'
import { plural } from './plural.ts'
import type { World } from './world.ts'

/** What a file of this size had in it is not shown in the difference. */
const LARGEST_OLD_FILE = 256 * 1024

export async function write({ file, text }: OrderOf<'write'>, turn: ActiveTurn, { sandbox }: World): Promise<void> {
  const description = {
    title: `Write ${file}`,
    name: 'write_file',
    kind: 'edit',
    rawInput: { path: file, content: text },
  } as const
  const planned = await planWrite(file, sandbox).catch((error: unknown) => failureOf(error, file))
  // What cannot be done is not asked for.
  if (planned instanceof ToolFailure) {
    const refused = await turn.useTool<never>(description, () => Promise.reject(planned))
    return refused.done ? undefined : turn.say(`I did not write it: ${refused.reason}`)
  }

  const { place, oldText } = planned
  const written = await turn.useTool<number>(
    {
      ...description,
      locations: [{ path: place.absolute }],
      content: [{ type: 'diff', path: place.absolute, oldText, newText: text }],
      needs: 'write',
    },
    async () => {
      try {
        // Resolved once more: while the question was open, a command may have put a link there.
        const { absolute } = await sandbox.resolve(file)
        await mkdir(path.dirname(absolute), { recursive: true })
        await writeFile(absolute, text)
      } catch (error) {
        throw failureOf(error, file)
      }
      const bytes = Buffer.byteLength(text)
      return { status: 'completed', rawOutput: { bytes, created: oldText === null }, value: bytes }
    },
  )
  if (!written.done) return turn.say(`I did not write \`${file}\`: ${written.reason}`)
  await turn.say(`I wrote ${plural(written.value, 'byte')} to \`${file}\`.`)
}

/** Where it will be written, and what is there now: null where nothing is. */
async function planWrite(
  file: string,
  sandbox: World['sandbox'],
): Promise<{ place: SandboxPath; oldText: string | null }> {
  const place = await sandbox.resolve(file)
  try {
    const found = await stat(place.absolute)
    if (!found.isFile()) throw new ToolFailure(`"${file}" is ${found.isDirectory() ? 'a folder' : 'not a file'}`)
    return {
      place,
      oldText: found.size > LARGEST_OLD_FILE ? '(too large to show)' : await readFile(place.absolute, 'utf8'),
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { place, oldText: null }
    throw error
  }
}
