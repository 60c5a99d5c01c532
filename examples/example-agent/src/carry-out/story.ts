import type { OrderOf } from '../orders.ts'
import type { ActiveTurn } from '../turn.ts'

/** Long enough that a page can be reloaded, and a host killed, in the middle of it. */
export const STORY = `The lighthouse on Gull Rock had a keeper, and the keeper had a rule: every night, before the lamp was lit, somebody had to tell it a story. Nobody remembered who had made the rule. The lamp did not seem to mind either way, but the one time the story was forgotten, a fog came up out of a clear sky and stayed for nine days, and after that the rule was kept.

Mirren came to the rock in October with one bag and no stories. The old keeper showed her the stairs, the oil, the log book with its column of small neat ticks, and then the boat took him away. She stood under the great glass eye that evening and could not think of a single word. So she told it what she saw. There is a sea, she said, and it is grey. There is a boat with red sails, and it is late. The lamp came on, slowly, as if it were listening.

The next night she told it where the red boat had been, though she could only guess. The night after, she told it who had been aboard: a clockmaker, two sisters who would not speak to each other, and a goat with excellent manners. By Christmas the goat had become mayor of a town in the north, and the sisters were writing letters. By spring Mirren could not carry coal without finding out what happened next.

In May a real boat tied up below, with red sails patched in brown. A man climbed the path, holding a clock that had stopped. He had steered by her light all winter, he said, and on some nights, when the beam went over, he could have sworn that he heard somebody talking.

Mirren put the kettle on. "Sit down," she said. "You are just in time. Tonight I was going to ask it how this ends."

Outside, quite by itself, the lamp came on.
`

export async function story(order: OrderOf<'story'>, turn: ActiveTurn): Promise<void> {
  const text = order.words === undefined ? STORY.trimEnd() : storyOf(order.words)
  if (text === '') return turn.say('No words, no story.')
  await turn.say(text, 1)
}

/** The first so many words of the story, which begins again where it ends. */
export function storyOf(count: number): string {
  const words = STORY.match(/\S+\s+/g) ?? []
  const story: string[] = []
  for (let index = 0; index < count; index += 1) {
    const word = words[index % words.length] ?? ''
    story.push(word.endsWith('.\n') && !word.endsWith('\n\n') ? `${word}\n` : word)
  }
  return story.join('').trimEnd()
}
