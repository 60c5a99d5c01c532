import { parseEvent } from '../route/parse-event.ts'
import type { AgentEvent } from '../ports/agent-event.ts'
import { expectEqual, expectTrue } from './expectations.ts'
import { brokenRules } from './session-rules.ts'
import { transportCase, type TransportCase } from './transport-case.ts'
import { isEnd } from './transport-trial.ts'
import { playEvents } from './play-events.ts'

const words = 'Hello.'

export const runningCases: readonly TransportCase[] = [
  transportCase('before anything is started it tells nothing of a session and holds nothing', 'answers', async (trial) => {
    await trial.settle()
    expectEqual(trial.events.filter(({ type }) => type !== 'connection'), [], 'events before the first start')
    expectEqual([...(await trial.under.leftovers())], [], 'held before the first start')
  }),

  transportCase('a start is accepted, and its run ends once', 'answers', async (trial) => {
    await trial.accepted('the start', trial.start())
    expectEqual((await trial.ended('run-1')).status, 'done', 'the end of a run that went well')
    await trial.settle()
    expectEqual(trial.ends('run-1').length, 1, 'events that end the run')
    const told = trial.ofRun('run-1')
    const late = told.slice(told.findIndex(isEnd) + 1).filter(({ type }) => type === 'message' || type === 'delta' || type === 'permission')
    expectEqual(late, [], 'what the agent said in a run that had ended by itself')
  }),

  transportCase('a prompt of parts is taken', 'answers', async (trial) => {
    await trial.accepted('the start', trial.start('run-1', { prompt: [{ type: 'text', text: 'Say' }, { type: 'text', text: 'hello' }] }))
    expectEqual((await trial.ended('run-1')).status, 'done', 'the end of the run')
    const { messages } = await playEvents(trial.ofRun('run-1'))
    expectEqual(talkOf(messages).filter((line) => line.startsWith('assistant')), [`assistant: ${words}`], 'the answer')
  }),

  transportCase('a start is accepted before the run ends', 'hangs', async (trial) => {
    await trial.accepted('the start', trial.start())
    expectEqual(trial.ends('run-1').length, 0, 'ends of a run that goes on')
  }),

  transportCase('all that is told is plain data that fits, of the session and the run that it belongs to', 'uses-a-tool', async (trial) => {
    await trial.accepted('the start', trial.start())
    await trial.ended('run-1')
    for (const event of trial.events) {
      const parsed = parseEvent(event)
      if (!parsed.ok) throw new Error(`an event that does not fit (${parsed.reason}): ${JSON.stringify(event)}`)
      expectEqual(parsed.rejected?.length ?? 0, 0, `messages that do not fit in ${JSON.stringify(event)}`)
      expectTrue(isPlain(event), `an event that JSON does not keep as it is: ${JSON.stringify(event)}`)
      if (event.type === 'connection') continue
      expectEqual(event.sessionId, 'session', `the session of a ${event.type} event`)
      expectTrue(event.run === undefined || event.run === 'run-1', `a ${event.type} event of the run ${String(event.run)}`)
    }
  }),

  transportCase('the answer shows once, under the prompt', 'answers', async (trial) => {
    const session = await trial.startedSession(trial.store())
    await trial.over(session)
    expectEqual(brokenRules(session), [], 'rules that are broken')
    expectEqual(talkOf(session.messages), ['user: Say hello', `assistant: ${words}`], 'what was said')
    expectEqual([session.status, session.endReason], ['done', 'completed'], 'how it ended')
  }),

  transportCase('a tool call shows with its result', 'uses-a-tool', async (trial) => {
    const session = await trial.startedSession(trial.store())
    await trial.over(session)
    expectEqual(brokenRules(session), [], 'rules that are broken')
    const calls = session.messages.filter(({ role }) => role === 'tool-call')
    const results = session.messages.filter(({ role }) => role === 'tool-result')
    expectEqual([calls.length, results.length], [1, 1], 'tool calls and results')
    expectEqual(results[0]?.toolCallId, calls[0]?.toolCallId, 'the call of the result')
    expectEqual(calls[0]?.toolState, 'done', 'the state of the call')
    expectEqual(session.status, 'done', 'status')
  }),

  transportCase('tool calls of two runs are told apart, each with its result', 'uses-a-tool', async (trial) => {
    const session = await trial.startedSession(trial.store())
    await trial.over(session)
    const again = await trial.settles('prompt', () => session.prompt('And again'))
    if (!again.ok) throw new Error(`the second prompt was refused: ${again.error}`)
    await trial.over(session)
    expectEqual(brokenRules(session), [], 'rules that are broken')
    const idsOf = (role: string) => session.messages.filter((message) => message.role === role).map(({ toolCallId }) => toolCallId)
    expectEqual(idsOf('tool-call').length, 2, 'tool calls of two runs')
    expectEqual(idsOf('tool-result'), idsOf('tool-call'), 'the calls of the results')
  }),

  transportCase('F16 what is told twice shows once', 'uses-a-tool', async (trial) => {
    await trial.accepted('the start', trial.start())
    await trial.ended('run-1')
    const once = await playEvents(trial.events)
    const twice = await playEvents(trial.events.flatMap((event): AgentEvent[] => (isEnd(event) ? [event] : [event, event])))
    expectEqual(shown(twice), shown(once), 'the session of events that came twice')
  }),

  transportCase('a second prompt goes on in the same session, and takes nothing of the first away', 'answers', async (trial) => {
    const store = trial.store()
    const session = await trial.startedSession(store)
    await trial.over(session)
    const before = session.messages
    const { agentSessionId } = session
    const again = await trial.settles('prompt', () => session.prompt('And again'))
    if (!again.ok) throw new Error(`the second prompt was refused: ${again.error}`)
    await trial.over(session)
    expectEqual(session.messages.slice(0, before.length), before, 'the first turn')
    expectEqual(session.agentSessionId, agentSessionId, 'the agent’s own id of the session')
    expectEqual(brokenRules(session), [], 'rules that are broken')
    expectEqual(talkOf(session.messages), ['user: Say hello', `assistant: ${words}`, 'user: And again', `assistant: ${words}`], 'what was said')
  }),

  transportCase('two sessions at once do not mix', 'answers', async (trial) => {
    const both = ['one', 'two'] as const
    await Promise.all(both.map((name) => trial.accepted('the start', trial.start(`run-${name}`, { sessionId: name, projectId: name }))))
    await Promise.all(both.map((name) => trial.ended(`run-${name}`)))
    for (const name of both) {
      const strays = trial.ofRun(`run-${name}`).filter(({ sessionId }) => sessionId !== name)
      expectEqual(strays, [], `events of run-${name} told of another session`)
      const own = trial.events.filter((event) => event.type !== 'connection' && event.sessionId === name)
      const { messages } = await playEvents(own, `run-${name}`)
      expectEqual(talkOf(messages).filter((line) => line.startsWith('assistant')), [`assistant: ${words}`], `what ${name} was told`)
    }
  }),

  transportCase('a prompt while the run goes on is answered, and ends nothing', 'hangs', async (trial) => {
    await trial.accepted('the start', trial.start())
    // It may be refused, or wait, or go into the turn: what it must not do is fail or take the run with it.
    await trial.prompt('run-2', { messageId: 'second' })
    await trial.settle()
    expectEqual(trial.ends('run-1').length, 0, 'ends of the run that goes on')
  }),

  transportCase('a prompt that steers goes into the run, and makes none of its own', 'hangs', async (trial) => {
    if (trial.under.transport.capabilities?.steer !== true) return
    await trial.accepted('the start', trial.start())
    await trial.until('a word of the agent', () => trial.events.some(({ type }) => type === 'delta' || type === 'message'))
    await trial.accepted('the prompt that steers', trial.prompt('run-1', { steer: true, messageId: 'second' }))
    await trial.settle()
    expectEqual(trial.ends('run-1').length, 0, 'ends of the run that goes on')
    const runs = trial.events.flatMap((event) => (event.type === 'connection' || event.run === undefined || event.run === 'run-1' ? [] : event.run))
    expectEqual(runs, [], 'runs beside the one that was steered')
  }),

  transportCase('a message that nobody knows is reported, and the run goes on', 'speaks-unknown', async (trial) => {
    const session = await trial.startedSession(trial.store())
    await trial.over(session)
    expectTrue(trial.reports.some(({ code }) => code === 'unknown-message'), 'nothing was reported of a message that nobody knows: it must be told as a message of type unknown')
    expectEqual(talkOf(session.messages), ['user: Say hello', `assistant: ${words}`], 'what was said')
    expectEqual([session.status, session.endReason], ['done', 'completed'], 'how it ended')
  }),

  transportCase('what it can do, it has a method for', 'answers', async (trial) => {
    const { transport } = trial.under
    const { capabilities = {} } = transport
    for (const method of ['attach', 'list', 'configure', 'fork', 'logIn', 'forget'] as const) {
      expectTrue(capabilities[method] !== true || transport[method] !== undefined, `it says that it can ${method}, and has no such method`)
    }
  }),
]

const isPlain = (event: AgentEvent): boolean => {
  try {
    expectEqual(JSON.parse(JSON.stringify(event)), event, 'the event')
    return true
  } catch {
    return false
  }
}

type Shown = Awaited<ReturnType<typeof playEvents>>

/** What a person sees. */
const shown = ({ messages, status, costUsd, inputTokens, outputTokens }: Shown): object => ({ messages, status, costUsd, inputTokens, outputTokens })

export const talkOf = (messages: Shown['messages']): string[] =>
  messages.filter(({ role }) => role === 'user' || role === 'assistant').map(({ role, content }) => `${role}: ${content.trim()}`)
