import type { Order } from '../orders.ts'
import type { ActiveTurn } from '../turn.ts'
import { crash, fail, hang } from './break.ts'
import { help, incomplete } from './help.ts'
import { list } from './list.ts'
import { mode } from './mode.ts'
import { plan } from './plan.ts'
import { read } from './read.ts'
import { recall } from './recall.ts'
import { run } from './run.ts'
import { search } from './search.ts'
import { story } from './story.ts'
import { think } from './think.ts'
import type { World } from './world.ts'
import { write } from './write.ts'

/** Does what the order says. Resolves when the turn is done, and rejects where the turn is to end otherwise. */
export function carryOut(order: Order, turn: ActiveTurn, world: World): Promise<void> {
  switch (order.verb) {
    case 'list':
      return list(order, turn, world)
    case 'read':
      return read(order, turn, world)
    case 'search':
      return search(order, turn, world)
    case 'write':
      return write(order, turn, world)
    case 'run':
      return run(order, turn, world)
    case 'story':
      return story(order, turn)
    case 'plan':
      return plan(turn, world)
    case 'think':
      return think(order, turn)
    case 'mode':
      return mode(order, turn)
    case 'recall':
      return recall(turn)
    case 'fail':
      return fail(turn)
    case 'crash':
      return crash(turn, world)
    case 'hang':
      return hang(order, turn)
    case 'incomplete':
      return incomplete(order, turn)
    case 'help':
    case 'unknown':
      return help(order, turn)
  }
}
