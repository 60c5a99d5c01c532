import { RequestError } from '@agentclientprotocol/sdk/unstable'
import type { OrderOf } from '../orders.ts'
import { untilAborted } from '../pause.ts'
import type { ActiveTurn } from '../turn.ts'
import type { World } from './world.ts'

// The three ways in which a turn does not end as it should: with an error, with the program, and not at all.

/** JSON-RPC's code for an internal error. The SDK's own helper would put "Internal error" before the text. */
const INTERNAL_ERROR = -32603

export async function fail(turn: ActiveTurn): Promise<void> {
  await turn.say('I try it, and')
  throw new RequestError(INTERNAL_ERROR, 'The example agent failed, because the order was to fail.', { order: 'fail' })
}

export async function crash(turn: ActiveTurn, world: World): Promise<void> {
  await turn.say('I was just about to tell you that the', 1)
  world.crash('crashed in the middle of a sentence, because the order was to crash')
}

export async function hang({ hard }: OrderOf<'hang'>, turn: ActiveTurn): Promise<void> {
  if (!hard) {
    await turn.say('I hang now, until you stop me.')
    return untilAborted(turn.signal)
  }
  await turn.say('I hang now, and no stopping helps: only ending the whole program does.')
  await new Promise<never>(() => {})
}
