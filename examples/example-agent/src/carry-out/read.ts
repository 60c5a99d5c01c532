import { open } from 'node:fs/promises'
import { textContent } from '../conversation.ts'
import type { OrderOf } from '../orders.ts'
import type { SandboxPath } from '../sandbox.ts'
import { failureOf, ToolFailure } from '../tool-failure.ts'
import type { ToolOutcome } from '../tool-call.ts'
import type { ActiveTurn } from '../turn.ts'
import { plural } from './plural.ts'
import type { World } from './world.ts'

/** More of a file is not shown: it would go to every window that shows the session. */
const MOST_BYTES = 64 * 1024

export interface ReadFile {
  readonly text: string
  readonly lines: number
  readonly bytes: number
  readonly truncated: boolean
}

export async function read(order: OrderOf<'read'>, turn: ActiveTurn, world: World): Promise<void> {
  const file = await readFile(order.file, turn, world)
  if (!file.done) return turn.say(`I could not read it: ${file.reason}`)
  const { lines, bytes, truncated } = file.value
  const size = `${plural(lines, 'line')}, ${plural(bytes, 'byte')}`
  await turn.say(`\`${order.file}\` has ${size}${truncated ? '; I showed only the beginning' : ''}.`)
}

/** The tool call of `read`, which `plan` uses too. */
export async function readFile(name: string, turn: ActiveTurn, { sandbox }: World): Promise<ToolOutcome<ReadFile>> {
  // Looked up first, because the call tells where the file is before it is read. A refusal is told as its result.
  const place = await sandbox.resolve(name).catch((error: unknown) => failureOf(error, name))
  const description = { title: `Read ${name}`, name: 'read_file', kind: 'read', rawInput: { path: name } } as const
  if (place instanceof ToolFailure) {
    return turn.useTool(description, () => Promise.reject(place))
  }
  return turn.useTool<ReadFile>({ ...description, locations: [{ path: place.absolute }] }, async () => {
    const file = await readText(place).catch((error: unknown) => {
      throw failureOf(error, name)
    })
    const { text, ...size } = file
    return { status: 'completed', content: [textContent(text)], rawOutput: size, value: file }
  })
}

async function readText({ absolute, relative }: SandboxPath): Promise<ReadFile> {
  const file = await open(absolute, 'r')
  try {
    const found = await file.stat()
    if (found.isDirectory()) throw new ToolFailure(`"${relative}" is a folder; "list ${relative}" shows what is in it`)
    // A pipe or a device may never end.
    if (!found.isFile()) throw new ToolFailure(`"${relative}" is not a file`)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(found.size, MOST_BYTES)), 0)
    const bytes = buffer.subarray(0, bytesRead)
    if (bytes.includes(0)) throw new ToolFailure(`"${relative}" is not a text`)
    const text = bytes.toString('utf8')
    return { text, lines: countLines(text), bytes: found.size, truncated: found.size > bytesRead }
  } finally {
    await file.close()
  }
}

function countLines(text: string): number {
  if (text === '') return 0
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}
