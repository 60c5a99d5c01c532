import type { OrderOf } from '../orders.ts'
import type { ActiveTurn } from '../turn.ts'

export async function think({ about }: OrderOf<'think'>, turn: ActiveTurn): Promise<void> {
  const subject = about ?? 'what to say'
  await turn.think(
    `I am asked to think about ${subject}. There is no model behind me, so whatever I find will be short. ` +
      `I turn it over once, and then a second time from the other side. It looks the same. That is worth telling.`,
  )
  await turn.say(`I thought about ${subject}, and it looks the same from both sides.`)
}
