import { isMode, MODES } from '../modes.ts'
import type { OrderOf } from '../orders.ts'
import type { ActiveTurn } from '../turn.ts'

export async function mode({ mode }: OrderOf<'mode'>, turn: ActiveTurn): Promise<void> {
  if (mode === undefined) return turn.say(`The mode is \`${turn.conversation.mode}\`.`)
  if (!isMode(mode)) return turn.say(`There is no mode \`${mode}\`, only \`${MODES.join('` and `')}\`.`)
  await turn.setMode(mode)
  await turn.say(mode === 'auto' ? 'From now on I do not ask.' : 'From now on I ask before I write or run anything.')
}
