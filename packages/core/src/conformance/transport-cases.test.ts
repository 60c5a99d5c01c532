import { describe, expect, test } from 'vitest'
import { impatient } from '../../test/impatient-clock.ts'
import { ModelTransport, underTest, type Turn } from '../../test/model-transport.ts'
import { nextMacrotask } from '../defaults/system-clock.ts'
import type { AgentEvent } from '../ports/agent-event.ts'
import type { AgentTransport, PermissionAnswer, Reply, StartCommand, StopCommand } from '../ports/agent-transport.ts'
import { transportCases, type TransportScene, type TransportSetup } from './index.ts'

const setupOf = (Model: typeof ModelTransport): TransportSetup => ({ open: (scene) => underTest(Model, scene), clock: impatient })

/** A model with one step of its own. */
const planted = (steps: Partial<ModelTransport> & ThisType<ModelTransport>): typeof ModelTransport => {
  class Planted extends ModelTransport {}
  Object.assign(Planted.prototype, steps)
  return Planted
}

const { prototype: right } = ModelTransport
const ok: Reply = { ok: true }

/** For each case, a transport that is right but for one thing. */
const bugs: Record<string, typeof ModelTransport> = {
  'before anything is started it tells nothing of a session and holds nothing': planted({ held: () => ['a timer'] }),
  'a start is accepted, and its run ends once': planted({
    over(turn, ...end) {
      right.over.call(this, turn, ...end)
      right.over.call(this, turn, ...end)
    },
  }),
  'a prompt of parts is taken': planted({
    async start(command) {
      return typeof command.prompt === 'string' ? right.start.call(this, command) : { ok: false, code: 'invalid-argument', error: 'Text only' }
    },
  }),
  'a start is accepted before the run ends': planted({
    async begin(command) {
      await right.begin.call(this, command)
      return new Promise(() => {})
    },
  }),
  'all that is told is plain data that fits, of the session and the run that it belongs to': planted({
    message(turn, type, content, id) {
      right.message.call(this, { ...turn, run: `${turn.run}x` }, type, content, id)
    },
  }),
  'the answer shows once, under the prompt': planted({
    answer(turn) {
      this.message(turn, 'text', { text: 'Hello.' }, 'echo')
      right.answer.call(this, turn)
    },
  }),
  'a tool call shows with its result': planted({
    useTool(turn) {
      this.message(turn, 'tool_result', { output: 'one', toolCallId: 'call' }, 'result')
    },
  }),
  'tool calls of two runs are told apart, each with its result': planted({
    useTool(turn) {
      this.message(turn, 'tool_call', { name: 'Read', input: {}, toolCallId: 'call-1' }, 'call')
      this.message(turn, 'tool_result', { output: 'one', toolCallId: 'call-1' }, 'result')
    },
  }),
  'F16 what is told twice shows once': planted({
    tell(turn, body) {
      const { offset: _offset, ...rest } = { offset: 0, ...body }
      right.tell.call(this, turn, rest as typeof body)
    },
  }),
  'a second prompt goes on in the same session, and takes nothing of the first away': planted({
    delta(turn, text) {
      this.tell(turn, { type: 'delta', id: 'item_0', kind: 'text', text, offset: 0 })
    },
  }),
  'two sessions at once do not mix': planted({
    tell(turn, body) {
      right.tell.call(this, { ...turn, sessionId: [...this.remembered][0] ?? turn.sessionId }, body)
    },
  }),
  'a prompt while the run goes on is answered, and ends nothing': planted({
    async prompt() {
      for (const turn of this.turns.values()) this.over(turn, 'error', 'error', 'busy')
      return ok
    },
  }),
  'a prompt that steers goes into the run, and makes none of its own': planted({
    async steer({ sessionId, run }) {
      this.over(turnOf(sessionId, `${run}-2`), 'done', 'completed')
      return ok
    },
  }),
  'a message that nobody knows is reported, and the run goes on': planted({
    message(turn, type, content, id) {
      if (type !== 'unknown') right.message.call(this, turn, type, content, id)
    },
  }),
  'what it can do, it has a method for': class extends ModelTransport {
    constructor(scene: TransportScene, remembered?: Set<string>) {
      super(scene, remembered)
      Object.defineProperty(this, 'list', { value: undefined })
    }
  },
  'a stop is agreed to, and the run ends as stopped': planted({
    async stop(command) {
      const turn = this.turns.get(command.sessionId)
      if (turn) this.over(turn, 'done', 'completed')
      return ok
    },
  }),
  'F22 what was said before a stop stays, and nothing goes on': planted({
    over(turn, ...end) {
      this.tell(turn, { type: 'retract', ids: [`${turn.run}/text`] })
      right.over.call(this, turn, ...end)
    },
  }),
  'a stop before the agent said a word ends the run': planted({
    async stop(command) {
      await nextMacrotask()
      return this.turns.get(command.sessionId)?.pending === true ? new Promise(() => {}) : ok
    },
  }),
  'a stop that is said twice, at once and again later, ends the run once': planted({
    async stop({ sessionId, run }) {
      this.over(this.turns.get(sessionId) ?? turnOf(sessionId, run), 'done', 'stopped')
      return ok
    },
  }),
  'F23 a stop of another run, or of a session that is not there, ends nothing': planted({
    async stop({ sessionId }) {
      const turn = this.turns.get(sessionId)
      return turn === undefined ? ok : right.stop.call(this, { sessionId, run: turn.run })
    },
  }),
  'what comes after a stop does not bring the run back, and the next prompt is answered': planted({
    async stop(command) {
      const turn = this.turns.get(command.sessionId)
      await right.stop.call(this, command)
      if (turn) this.turns.set(turn.sessionId, turn)
      return ok
    },
  }),
  'a question is asked with its options, answered, and settled': planted({
    async respond(answer) {
      const turn = this.turns.get(answer.sessionId)
      if (turn) this.over(turn, 'done', 'refused')
      return ok
    },
  }),
  'a question that is answered by a rejection is settled by it, and the run comes to its end': planted({
    async respond(answer) {
      return right.respond.call(this, answer.optionId === 'no' ? { ...answer, optionId: 'yes' } : answer)
    },
  }),
  'a question is answered once': planted({
    async respond(answer) {
      await right.respond.call(this, answer)
      return ok
    },
  }),
  'an answer to what nobody asked, or that is no option, is refused and leaves the question open': planted({
    async respond(answer) {
      const asked = this.turns.get(answer.sessionId)?.question
      return right.respond.call(this, { ...answer, ...(asked !== undefined && { requestId: asked }) })
    },
  }),
  'a question that a person closes without an answer is cancelled, and the run comes to its end': planted({
    async respond(answer) {
      return answer.optionId === undefined ? ok : right.respond.call(this, answer)
    },
  }),
  'a stop withdraws the question': planted({ settle: () => {} }),
  'questions of two runs never have the same id': planted({ questionId: () => 'question-0' }),
  'T2 a start that fails is refused with words and a code, and begins nothing': planted({
    async begin(command) {
      const reply = await right.begin.call(this, command)
      return reply.ok ? reply : { ok: false, error: 'ENOENT' }
    },
  }),
  'an error of the agent ends the run in an error, with its words, and not as an answer': planted({
    over(turn, status, reason, error) {
      if (error !== undefined) this.message(turn, 'text', { text: error }, 'error')
      right.over.call(this, turn, status, reason, error)
    },
  }),
  'an agent that goes away ends the run in an error, and the next prompt begins anew or says why not': planted({
    over(turn, status, reason, error) {
      right.over.call(this, turn, status, reason, error)
      this.turns.set(turn.sessionId, turn)
    },
    async prompt() {
      return new Promise<Reply>(() => {})
    },
  }),
  'each listener hears all, until it unsubscribes': planted({
    subscribe(listener) {
      this.listeners.add(listener)
      return () => {}
    },
  }),
  'F30 a listener that throws, or unsubscribes while it is told, keeps nothing from the others': planted({
    notify: (listener, event) => listener(event),
  }),
  'closed while a run goes on, it leaves nothing and says nothing more': planted({ close: async () => {} }),
  'closed while a question waits, it leaves nothing': planted({
    async close() {
      for (const [id, turn] of this.turns) if (turn.question === undefined) this.turns.delete(id)
    },
  }),
  'closed while it starts, it leaves nothing and answers the start': planted({
    async begin(command) {
      const begun = right.begin.call(this, command)
      return this.turns.size > 0 ? new Promise(() => {}) : begun
    },
  }),
  'closed after a run, it leaves nothing, and takes no more': planted({
    async close() {
      this.turns.clear()
    },
  }),
  'closed before it was used, it leaves nothing': planted({
    async close() {
      if (this.prompts === 0) throw new Error('it was never opened')
      this.turns.clear()
    },
  }),
  'closed after a start that failed, it leaves nothing': planted({
    async begin(command) {
      this.turns.set(command.sessionId, turnOf(command.sessionId, command.run))
      return { ok: false, code: 'agent-not-found', error: 'It is not there' }
    },
    close: async () => {},
  }),
  'a session goes on after a restart of the app, and nothing of it shows twice': planted({
    async play(turn) {
      if (this.remembered.has(turn.sessionId)) this.message(turn, 'text', { text: 'Hello.' }, 'told-again')
      return right.play.call(this, turn)
    },
  }),
  'after a restart of the app no run goes on that is over, and an attach tells nothing twice': planted({
    async attach() {
      const [sessionId] = this.remembered
      return { outcome: sessionId === undefined ? 'lost' : 'live' }
    },
  }),
  'an attach to a session that was never there finds nothing': planted({
    attach: async () => ({ outcome: 'live' }),
  }),
  'the sessions that the agent remembers are listed with their ids': planted({
    list: async () => [{ agentSessionId: '' }],
  }),
  'a mode that there is not is refused': planted({ configure: async () => ok }),
}

const turnOf = (sessionId: string, run: string): Turn => ({ sessionId, run, question: undefined, pending: true })

describe('a transport that keeps every promise passes', () => {
  for (const { name, run } of transportCases) test(name, () => run(setupOf(ModelTransport)))
})

describe('each case fails on a transport with one bug', () => {
  test('there is a bug for each', () => {
    expect(Object.keys(bugs).toSorted()).toEqual(transportCases.map(({ name }) => name).toSorted())
  })

  for (const { name, run } of transportCases) {
    test(name, async () => {
      const Model = bugs[name]
      if (!Model) throw new Error('no bug is planted for this case')
      await expect(run(setupOf(Model))).rejects.toThrow(/./)
    })
  }

  test('what fails says what was expected and what came', async () => {
    const found = transportCases.find(({ name }) => name.startsWith('a start is accepted, and'))
    const never = setupOf(planted({ over: () => {} }))
    await expect(found?.run(never)).rejects.toThrow(/^it never came to this: a status event that ends run-1\. Told were: session, delta, delta, message-end\nBroken promise: a start is accepted, and its run ends once$/)
  })

  test('an exception in the place of a refusal is one', async () => {
    const found = transportCases.find(({ scene }) => scene === 'refuses')
    const throws = setupOf(planted({ start: () => Promise.reject(new Error('ENOENT')) }))
    await expect(found?.run(throws)).rejects.toThrow(/^start must be answered, with \{ ok: false, error \} where it is refused; it threw: ENOENT\nBroken promise: T2 /)
  })
})

test('cases about what a transport or its agent does not have ask nothing of it', async () => {
  const opened: TransportScene[] = []
  for (const { run } of transportCases) {
    await run({
      open(scene) {
        opened.push(scene)
        const full = new ModelTransport(scene)
        const bare: AgentTransport = {
          start: (command: StartCommand) => full.start(command),
          prompt: (command) => full.prompt(command),
          stop: (command: StopCommand) => full.stop(command),
          subscribe: (listener: (event: AgentEvent) => void) => full.subscribe(listener),
          ...(scene === 'asks' && { respond: (answer: PermissionAnswer) => full.respond(answer) }),
          close: () => full.close(),
        }
        return { transport: bare, leftovers: () => full.held() }
      },
      without: { asks: 'it never asks', dies: 'it is no program' },
      clock: impatient,
    })
  }
  expect(opened).not.toContain('asks')
  expect(opened).not.toContain('dies')
})
