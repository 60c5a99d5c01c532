import type { ActiveTurn } from '../turn.ts'

const LONGEST_PROMPT = 200

/** What was asked before this: proof that a resumed session is the one that it was. */
export async function recall(turn: ActiveTurn): Promise<void> {
  const asked = turn.conversation.turns.slice(0, -1).map(({ prompt }) => prompt.text.trim().replaceAll(/\s+/g, ' '))
  if (asked.length === 0) return turn.say('Nothing yet: this is the first thing that you ask.')
  const list = asked.map((text, index) => `${index + 1}. ${clip(text)}`).join('\n')
  await turn.sayLines(`In this session you have asked:\n\n${list}`)
}

function clip(text: string): string {
  return text.length <= LONGEST_PROMPT ? text : `${text.slice(0, LONGEST_PROMPT)}…`
}
