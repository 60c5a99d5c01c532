import { stat } from 'node:fs/promises'
import { textContent } from '../conversation.ts'
import type { OrderOf } from '../orders.ts'
import type { SandboxEntry } from '../sandbox.ts'
import { failureOf } from '../tool-failure.ts'
import type { ToolOutcome } from '../tool-call.ts'
import type { ActiveTurn } from '../turn.ts'
import { plural } from './plural.ts'
import type { World } from './world.ts'

const MOST_ENTRIES = 500

export interface Listing {
  readonly files: number
  readonly folders: number
  readonly more: boolean
}

export async function list(order: OrderOf<'list'>, turn: ActiveTurn, world: World): Promise<void> {
  const listing = await listFiles(order.folder, turn, world)
  if (!listing.done) return turn.say(`I could not list the files: ${listing.reason}`)
  const { files, folders, more } = listing.value
  await turn.say(`${plural(files, 'file')} in ${plural(folders, 'folder')}${more ? ', and more that I left out' : ''}.`)
}

/** The tool call of `list`, which `plan` uses too. */
export async function listFiles(folder: string, turn: ActiveTurn, { sandbox }: World): Promise<ToolOutcome<Listing>> {
  const rawInput = { path: folder }
  const title = folder === '.' ? 'List files' : `List files in ${folder}`
  return turn.useTool<Listing>({ title, name: 'list_files', kind: 'read', rawInput }, async () => {
    const lines: string[] = []
    const counted = { files: 0, folders: 0, more: false }
    try {
      for await (const entry of sandbox.walk(await sandbox.resolve(folder), turn.signal)) {
        if (lines.length === MOST_ENTRIES) {
          counted.more = true
          break
        }
        lines.push(await lineOf(entry))
        if (entry.kind === 'folder') counted.folders += 1
        else counted.files += 1
      }
    } catch (error) {
      turn.signal.throwIfAborted()
      throw failureOf(error, folder)
    }
    if (counted.more) lines.push(`… more than ${MOST_ENTRIES}, the rest is left out`)
    return {
      status: 'completed',
      content: [textContent(lines.join('\n') || '(empty)')],
      rawOutput: counted,
      value: counted,
    }
  })
}

async function lineOf(entry: SandboxEntry): Promise<string> {
  const indent = '  '.repeat(entry.depth)
  const name = entry.relative.slice(entry.relative.lastIndexOf('/') + 1)
  switch (entry.kind) {
    case 'folder':
      return `${indent}${name}/`
    case 'file':
      return `${indent}${name} (${plural((await stat(entry.absolute)).size, 'byte')})`
    case 'other':
      return `${indent}${name} (not a file)`
  }
}
