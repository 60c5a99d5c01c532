import { readFile, stat } from 'node:fs/promises'
import { textContent } from '../conversation.ts'
import type { OrderOf } from '../orders.ts'
import type { SandboxEntry } from '../sandbox.ts'
import { failureOf } from '../tool-failure.ts'
import type { ToolOutcome } from '../tool-call.ts'
import type { ActiveTurn } from '../turn.ts'
import { plural } from './plural.ts'
import type { World } from './world.ts'

const MOST_MATCHES = 200
const MOST_LOCATIONS = 20
/** A file that is larger is no text that anybody wrote by hand. */
const LARGEST_FILE = 1024 * 1024
const LONGEST_LINE = 200

interface Match {
  readonly file: SandboxEntry
  readonly line: number
  readonly text: string
}

export interface SearchResult {
  readonly matches: number
  readonly files: number
  readonly more: boolean
}

export async function search(order: OrderOf<'search'>, turn: ActiveTurn, world: World): Promise<void> {
  const found = await searchFiles(order.text, turn, world)
  if (!found.done) return turn.say(`I could not search: ${found.reason}`)
  const { matches, files, more } = found.value
  if (matches === 0) return turn.say('Nothing has that text in it.')
  const lines = `${more ? 'More than ' : ''}${plural(matches, 'line')}`
  await turn.say(`${lines} in ${plural(files, 'file')} ${matches === 1 ? 'has' : 'have'} it.`)
}

/** The tool call of `search`, which `plan` uses too. */
export async function searchFiles(text: string, turn: ActiveTurn, world: World): Promise<ToolOutcome<SearchResult>> {
  const description = { title: `Search "${text}"`, name: 'search', kind: 'search', rawInput: { text } } as const
  return turn.useTool<SearchResult>(description, async (tool) => {
    const { matches, more } = await findLines(text, turn.signal, world).catch((error: unknown) => {
      turn.signal.throwIfAborted()
      throw failureOf(error, '.')
    })
    tool.call.locations = matches.slice(0, MOST_LOCATIONS).map(({ file, line }) => ({ path: file.absolute, line }))
    await turn.send({
      sessionUpdate: 'tool_call_update',
      toolCallId: tool.call.toolCallId,
      locations: [...tool.call.locations],
    })
    const files = new Set(matches.map(({ file }) => file.relative)).size
    const lines = matches.map((match) => `${match.file.relative}:${match.line}: ${clip(match.text)}`)
    if (more) lines.push(`… more than ${MOST_MATCHES}, the rest is left out`)
    return {
      status: 'completed',
      content: [textContent(lines.join('\n') || '(nothing found)')],
      rawOutput: { matches: matches.length, files, more },
      value: { matches: matches.length, files, more },
    }
  })
}

/** Upper and lower case are the same, as whoever searches in a chat expects. */
async function findLines(
  text: string,
  signal: AbortSignal,
  { sandbox }: World,
): Promise<{ matches: Match[]; more: boolean }> {
  const wanted = text.toLowerCase()
  const matches: Match[] = []
  for await (const file of sandbox.walk(await sandbox.resolve('.'), signal)) {
    if (file.kind !== 'file' || (await stat(file.absolute)).size > LARGEST_FILE) continue
    const content = await readFile(file.absolute, 'utf8')
    if (content.includes('\0')) continue
    for (const [index, line] of content.split('\n').entries()) {
      if (!line.toLowerCase().includes(wanted)) continue
      if (matches.length === MOST_MATCHES) return { matches, more: true }
      matches.push({ file, line: index + 1, text: line })
    }
  }
  return { matches, more: false }
}

function clip(line: string): string {
  return line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE)}…`
}
