import { expectEqual, expectTrue } from './expectations.ts'
import { brokenRules } from './session-rules.ts'
import { transportCase, type TransportCase } from './transport-case.ts'

const allows = (kind: string): boolean => kind === 'allow_once' || kind === 'allow_always'

export const permissionCases: readonly TransportCase[] = [
  transportCase('a question is asked with its options, answered, and settled', 'asks', async (trial) => {
    const session = await trial.startedSession(trial.store())
    await trial.until('a question', () => session.permissions.length > 0)
    const [question] = session.permissions
    if (question === undefined) throw new Error('there is no question')
    expectEqual(question.state, 'pending', 'the state of the question')
    expectTrue(question.options.some(({ kind }) => allows(kind)), 'no option allows')
    expectTrue(question.options.some(({ kind }) => !allows(kind)), 'no option rejects')
    const optionId = question.options.find(({ kind }) => allows(kind))?.id
    const reply = await trial.settles('respond', () => session.respond(question.id, optionId === undefined ? {} : { optionId }))
    if (!reply.ok) throw new Error(`the answer was refused: ${reply.error}`)
    await trial.over(session)
    expectEqual(session.permissions.map(({ state }) => state), ['selected'], 'the question afterwards')
    expectEqual([session.status, session.endReason], ['done', 'completed'], 'how it ended')
    expectEqual(brokenRules(session), [], 'rules that are broken')
  }),

  transportCase('a question that is answered by a rejection is settled by it, and the run comes to its end', 'asks', async (trial) => {
    await trial.accepted('the start', trial.start())
    const { request } = await trial.question()
    const optionId = request.options.find(({ kind }) => !allows(kind))?.id ?? ''
    await trial.accepted('the rejection', trial.respond(request.id, { optionId }))
    await trial.ended('run-1')
    const settled = trial.events.filter((event) => event.type === 'permission-settled' && event.requestId === request.id)
    // It may leave that to the store, which knows what it answered.
    for (const event of settled) expectEqual([Reflect.get(event, 'outcome'), Reflect.get(event, 'optionId')], ['selected', optionId], 'how the question was settled')
  }),

  transportCase('a question is answered once', 'asks', async (trial) => {
    await trial.accepted('the start', trial.start())
    const { request } = await trial.question()
    const option = request.options.find(({ kind }) => allows(kind))
    const answer = { optionId: option?.id ?? '' }
    await trial.accepted('the answer', trial.respond(request.id, answer))
    await trial.refused('the second answer', trial.respond(request.id, answer))
    await trial.ended('run-1')
    await trial.refused('an answer after the end', trial.respond(request.id, answer))
  }),

  transportCase('an answer to what nobody asked, or that is no option, is refused and leaves the question open', 'asks', async (trial) => {
    await trial.accepted('the start', trial.start())
    const { request } = await trial.question()
    const option = request.options.find(({ kind }) => allows(kind))
    await trial.refused('an answer to another question', trial.respond(`${request.id}-other`, { optionId: option?.id ?? '' }))
    await trial.refused('an answer of another session', trial.respond(request.id, { sessionId: 'another-session', optionId: option?.id ?? '' }))
    await trial.refused('an option that there is not', trial.respond(request.id, { optionId: 'no-such-option' }))
    await trial.accepted('the answer', trial.respond(request.id, { optionId: option?.id ?? '' }))
    await trial.ended('run-1')
  }),

  transportCase('a question that a person closes without an answer is cancelled, and the run comes to its end', 'asks', async (trial) => {
    const session = await trial.startedSession(trial.store())
    await trial.until('a question', () => session.permissions.length > 0)
    const reply = await trial.settles('respond', () => session.respond(session.permissions[0]?.id ?? '', {}))
    if (!reply.ok) throw new Error(`closing the question was refused: ${reply.error}`)
    await trial.over(session)
    expectEqual(session.permissions[0]?.state, 'cancelled', 'the question afterwards')
  }),

  transportCase('a stop withdraws the question', 'asks', async (trial) => {
    await trial.accepted('the start', trial.start())
    const { request } = await trial.question()
    await trial.accepted('the stop', trial.stop())
    const { status, reason } = await trial.ended('run-1')
    expectEqual([status, reason], ['done', 'stopped'], 'the end of a run that was stopped')
    const settled = trial.events.filter((event) => event.type === 'permission-settled')
    expectEqual(settled.map(({ requestId, outcome }) => [requestId, outcome]), [[request.id, 'cancelled']], 'what was told of the question')
    await trial.refused('an answer after the stop', trial.respond(request.id, { optionId: request.options[0]?.id ?? '' }))
  }),

  transportCase('questions of two runs never have the same id', 'asks', async (trial) => {
    await trial.accepted('the start', trial.start())
    const first = await trial.question()
    await trial.accepted('the stop', trial.stop())
    await trial.ended('run-1')
    await trial.accepted('the prompt', trial.prompt('run-2'))
    const asked = (): string[] => trial.events.flatMap((event) => (event.type === 'permission' && event.run !== first.run ? [event.request.id] : []))
    await trial.until('a question of the second run', () => asked().length > 0)
    expectTrue(!asked().includes(first.request.id), `the question of the second run has the id of the first: ${first.request.id}`)
  }),
]
