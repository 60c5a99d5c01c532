import { promptText, type PermissionOption, type PlanEntry } from '@agent-session/core'
import type { ScriptedTurn } from '@agent-session/core/testing'
import { columns, type Board, type Card, type Column } from '../board/board.ts'

const pieceMs = 45

const options: readonly PermissionOption[] = [
  { id: 'allow', label: 'Allow', kind: 'allow_once' },
  { id: 'reject', label: 'Reject', kind: 'reject_once' },
]

const help = [
  'I help with this board. Ask me to',
  '• summarise the board',
  '• tidy up: I move what is finished, and ask before I do',
  '• add a card, as in “add Order the flowers”',
  '• move a card, as in “move the venue to done”',
  '• draft the announcement',
].join('\n')

const announcement = `Dear friends,

the spring edition opens on the 14th, in the boathouse by the river if all goes well. Doors are at six, and the first talk begins at seven, so there is an hour to find a chair, a drink and somebody you have not met yet.

We have kept the programme short on purpose. Three people will show something they made this winter, and each of them has promised to show it working, on stage, with nothing prepared that could not also go wrong. After that the floor is open. If you have something small to show, bring it: five minutes, one cable, no slides.

Seats are few, as always. Students pay what they can. The form to sign up works on phones again, last names included, and closes on the 10th or when the room is full. Bring a jumper, since the river is still cold in the evening, and bring a friend who has never been here before.

We look forward to seeing you.`

const plan = (done: number): PlanEntry[] =>
  ['Look at the board', 'Move what is finished', 'Note what is missing'].map((content, index) => ({
    content,
    status: index < done ? 'completed' : index === done ? 'in_progress' : 'pending',
  }))

const isFinished = ({ column, steps }: Card): boolean => column === 'In progress' && steps !== undefined && steps[0] === steps[1]

// Whole words: “to done” has “to do” in it.
const columnIn = (text: string): Column | undefined => columns.find((column) => new RegExp(`\\b${column}\\b`, 'i').test(text))

/**
 * An agent without a model: it understands a few plain orders and truly carries them out, by the same functions of the
 * app that its buttons call. What it does and says goes the way that a real agent's work goes.
 */
export function boardAgent(board: Board): (turn: ScriptedTurn) => Promise<void> {
  const say = (turn: ScriptedTurn, text: string): Promise<void> => turn.stream(text, { pieceMs })

  async function read(turn: ScriptedTurn): Promise<void> {
    const call = turn.tool('read_board', {})
    await turn.wait(350)
    call.result(columns.map((column) => `${column}: ${board.cards.filter((card) => card.column === column).map(({ title }) => title).join(', ') || '–'}`).join('\n'))
  }

  async function add(turn: ScriptedTurn, title: string): Promise<void> {
    const call = turn.tool('add_card', { title, column: 'To do' })
    await turn.wait(300)
    board.add(title)
    call.result(`Added “${title}” to To do.`)
  }

  /** Asks first. Tells whether it was moved. */
  async function move(turn: ScriptedTurn, card: Card, column: Column): Promise<boolean> {
    const input = { title: card.title, column }
    const call = turn.tool('move_card', input)
    const answer = await turn.ask(`Move “${card.title}” to ${column}?`, options, { input, toolCallId: call.toolCallId })
    if (answer !== 'allow') {
      call.result('You said no.', { isError: true })
      return false
    }
    board.move(card.id, column)
    call.result(`Moved “${card.title}” to ${column}.`)
    return true
  }

  async function summarise(turn: ScriptedTurn): Promise<void> {
    await read(turn)
    const [todo, doing, done] = columns.map((column) => board.cards.filter((card) => card.column === column))
    const finished = doing?.find(isFinished)
    await say(turn, `There are ${board.cards.length} cards: ${todo?.length ?? 0} to do, ${doing?.length ?? 0} in progress and ${done?.length ?? 0} done. ${finished ? `“${finished.title}” has all its steps behind it and could move on.` : 'Nothing waits to be moved on.'}`)
  }

  async function tidy(turn: ScriptedTurn): Promise<void> {
    turn.plan(plan(0))
    await turn.stream('What has all of its steps done but still sits in the middle column? That is what I should ask about.', { kind: 'thinking', pieceMs })
    await read(turn)
    turn.plan(plan(1))
    const finished = board.cards.find(isFinished)
    const moved = finished !== undefined && (await move(turn, finished, 'Done'))
    turn.plan(plan(2))
    const missing = 'Thank the volunteers'
    const isMissing = !board.cards.some(({ title }) => title === missing)
    if (isMissing) await add(turn, missing)
    turn.plan(plan(3))
    const what = finished === undefined ? 'Nothing was finished, so nothing moved.' : moved ? `“${finished.title}” is done now.` : `I left “${finished.title}” where it is.`
    await say(turn, `${what} ${isMissing ? `I noted “${missing}”, since nobody had yet.` : 'Nothing is missing.'}`)
  }

  async function carryOut(turn: ScriptedTurn, order: string): Promise<void> {
    if (/^(summari[sz]e|read|list|what)\b/i.test(order)) return summarise(turn)
    if (/^(tidy|clean|plan)\b/i.test(order)) return tidy(turn)
    if (/^(draft|write)\b/i.test(order)) return say(turn, announcement)
    const [, title] = /^add\s+(?:a\s+card\s*:?\s*)?["“]?(.+?)["”]?$/is.exec(order) ?? []
    if (title !== undefined) {
      await add(turn, title)
      return say(turn, `“${title}” is on the board.`)
    }
    const [, name] = /^move\s+(.+?)\s+to\b/is.exec(order) ?? []
    if (name === undefined) return say(turn, help)
    const [card, column] = [board.find(name), columnIn(order)]
    if (card === undefined || column === undefined) return say(turn, `I don’t find ${card ? 'that column' : `a card like “${name}”`} here.`)
    return say(turn, (await move(turn, card, column)) ? 'Done.' : 'Then I leave it where it is.')
  }

  return async (turn) => {
    const order = promptText(turn.prompt).trim()
    turn.emit({ type: 'session', model: 'no model at all' })
    await turn.wait(250)
    await carryOut(turn, order)
  }
}
