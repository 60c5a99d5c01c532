import type { OpenSession } from './open-session.ts'

const order = ['tool_call', 'tool_result', 'text'] as const

/** Tells the messages of turns one by one. */
export function tellTurn(session: OpenSession): (index: number) => void {
  return (index) => session.message(order[index % 3] ?? 'text')
}
