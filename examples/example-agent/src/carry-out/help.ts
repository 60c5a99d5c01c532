import { orderList, type OrderOf } from '../orders.ts'
import type { ActiveTurn } from '../turn.ts'

export async function help({ verb }: OrderOf<'help' | 'unknown'>, turn: ActiveTurn): Promise<void> {
  const opening =
    verb === 'help'
      ? 'These are the orders that I understand:'
      : 'I have no model behind me, so I understand only plain orders. These are all of them:'
  await turn.sayLines(`${opening}\n\n${orderList()}`)
}

export async function incomplete({ usage }: OrderOf<'incomplete'>, turn: ActiveTurn): Promise<void> {
  await turn.say(`That order is written like this: \`${usage}\``)
}
