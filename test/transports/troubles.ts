import { type AgentSession, type AgentStore, type AgentTransport, createAgentStore } from '@agent-session/core'
import { brokenRules } from '@agent-session/core/conformance'
import type { ManualClock } from '@agent-session/core/testing'

/** Where an agent may die or fall silent, in the order in which it gets there. */
export const phases = ['greeting', 'opening', 'prompt', 'text', 'tool', 'question', 'answer', 'stop'] as const
export type Phase = (typeof phases)[number]

/** `dies`: from one moment to the next. `falls-silent`: it stays, and neither says nor hears anything any more. */
export const kinds = ['dies', 'falls-silent'] as const
export type Kind = (typeof kinds)[number]

/** Steps of the test's clock, in ms, and the real ones that processes have for each: they take some to die. */
const stepMs = 1_000
const realStepNs = 100_000_000n

export interface Trouble {
  readonly transport: AgentTransport
  readonly clock: ManualClock
  /** By which the transport knows the agent. */
  readonly provider: string
  readonly cwd?: string
  /** Whether the agent has come to its trouble. Until then, and once it is well again, no time goes by. */
  hasHappened(): boolean
}

/**
 * Plays one session with an agent that has its trouble in a phase of its first prompt, and that is well in all that
 * follow. Whatever happens: the run ends, no rule of a session is broken, and the next prompt is answered `Hello.`. Gives
 * the session as it was after the trouble, in short, and rejects with what was not so.
 */
export async function playTrouble({ transport, clock, provider, cwd, hasHappened }: Trouble, kind: Kind, phase: Phase): Promise<string> {
  const store = createAgentStore({ transport, clock })
  let isWell = false
  const inTime = async <Result>(work: Promise<Result>): Promise<Result> => {
    const progress = { isOver: false }
    const over = (): void => void (progress.isOver = true)
    work.then(over, over)
    // Who has died says so without any clock.
    for (let began = process.hrtime.bigint(); !progress.isOver; ) {
      await nextTurn()
      if (kind === 'dies' || isWell || process.hrtime.bigint() - began < realStepNs || !hasHappened()) continue
      await clock.advance(stepMs)
      began = process.hrtime.bigint()
    }
    return work
  }
  try {
    const started = await inTime(store.start('project', { provider, prompt: 'Go on', ...(cwd !== undefined && { cwd }) }))
    const session = sessionOf(store)
    if (started.ok) await inTime(playRun(session, kind, phase, hasHappened))
    const broken = brokenRules(session)
    if (broken.length > 0) throw new Error(broken.join('; '))
    const calls = session.messages.filter(({ role }) => role === 'tool-call').map(({ toolState }) => `call ${toolState}`)
    const outcome = [`${session.status} (${session.endReason})`, ...(started.ok ? [] : [`refused: ${started.code}`]), ...calls, ...session.permissions.map(({ state }) => `question ${state}`)].join(', ')
    isWell = true
    const again = await inTime(session.prompt('Again'))
    if (!again.ok) throw new Error(`the next prompt was refused: ${again.error}`)
    await inTime(until(session, () => !session.live))
    if (session.status !== 'done' || session.endReason !== 'completed' || session.lastMessage?.content !== 'Hello.') {
      throw new Error(`the next prompt ended as ${session.status} (${session.endReason ?? ''}) ${session.error ?? ''}, with "${session.lastMessage?.content ?? ''}"`)
    }
    return outcome
  } finally {
    await store.dispose()
  }
}

/** What a person does meanwhile: answers, or stops what does not go on. */
async function playRun(session: AgentSession, kind: Kind, phase: Phase, hasHappened: () => boolean): Promise<void> {
  const asks = (): boolean => session.permissions.some(({ state }) => state === 'pending')
  if (phase === 'answer' || phase === 'stop') await until(session, () => !session.live || asks())
  if (phase === 'answer') {
    const [request] = session.permissions
    const [option] = request?.options ?? []
    if (request === undefined || option === undefined) throw new Error('it asked nothing')
    await session.respond(request.id, { optionId: option.id })
  }
  if (phase !== 'stop') while (!hasHappened()) await nextTurn()
  // One that has died says so by itself; one that is silent has to be stopped.
  if (phase === 'stop' || kind === 'falls-silent') {
    const stopped = await session.stop()
    if (!stopped.ok) throw new Error(`the stop was refused: ${stopped.error}`)
  }
  await until(session, () => !session.live)
}

function sessionOf(store: AgentStore): AgentSession {
  const session = store.getSession('project')
  if (session === undefined) throw new Error('there is no session')
  return session
}

const until = (session: AgentSession, isSo: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    if (isSo()) return resolve()
    const unsubscribe = session.subscribe(() => {
      if (!isSo()) return
      unsubscribe()
      resolve()
    })
  })

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
