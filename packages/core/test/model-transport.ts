import type { AgentEvent, RawMessage } from '../src/ports/agent-event.ts'
import type { AgentTransport, PermissionAnswer, PromptCommand, Reply, StartCommand, StopCommand } from '../src/ports/agent-transport.ts'
import type { TransportScene, TransportUnderTest } from '../src/conformance/transport-setup.ts'

type Body = AgentEvent extends infer Event ? (Event extends unknown ? Omit<Event, 'sessionId' | 'run'> : never) : never

export interface Turn {
  readonly sessionId: string
  readonly run: string
  question: string | undefined
  /** A piece of work that is still to be done: a timer, as it were. */
  pending: boolean
}

const ok: Reply = { ok: true }
const no = (code: string, error: string): Reply => ({ ok: false, code, error })

/**
 * A transport that keeps every promise, with an agent in it that plays a scene: what the cases are tried on. Each step
 * is a method, so that a test can plant one bug by overriding one.
 */
export class ModelTransport implements AgentTransport {
  readonly capabilities = { attach: true, list: true, configure: true, steer: true }
  readonly scene: TransportScene
  readonly remembered: Set<string>
  readonly turns = new Map<string, Turn>()
  readonly listeners = new Set<(event: AgentEvent) => void>()
  /** What listeners threw, that keeps nothing from the others. */
  readonly thrown: unknown[] = []
  prompts = 0
  isClosed = false

  constructor(scene: TransportScene, remembered = new Set<string>()) {
    this.scene = scene
    this.remembered = remembered
  }

  subscribe(listener: (event: AgentEvent) => void): () => void {
    const own = (event: AgentEvent): void => listener(event)
    this.listeners.add(own)
    return () => void this.listeners.delete(own)
  }

  start(command: StartCommand): Promise<Reply> {
    return this.begin(command)
  }

  prompt(command: PromptCommand): Promise<Reply> {
    return command.steer === true ? this.steer(command) : this.begin(command)
  }

  async steer({ sessionId, run }: PromptCommand): Promise<Reply> {
    return this.turns.get(sessionId)?.run === run ? ok : no('no-session', 'This run is not under way')
  }

  async begin({ sessionId, run }: { sessionId: string; run: string }): Promise<Reply> {
    if (this.isClosed) return no('disconnected', 'The transport is closed')
    if (this.scene === 'refuses') return no('agent-not-found', 'The agent is not there. Install it.')
    if (this.turns.has(sessionId)) return no('session-running', 'The agent is still busy')
    const turn: Turn = { sessionId, run, question: undefined, pending: true }
    this.turns.set(sessionId, turn)
    await Promise.resolve()
    if (this.turns.get(sessionId) !== turn) return no('agent-exited', 'Stopped before it began')
    this.prompts += 1
    // A transport with a planted bug may throw here; what it breaks is seen by the cases.
    this.play(turn).catch(() => {})
    return ok
  }

  async play(turn: Turn): Promise<void> {
    await Promise.resolve()
    if (this.turns.get(turn.sessionId) !== turn) return
    this.remembered.add(turn.sessionId)
    this.tell(turn, { type: 'session', agentSessionId: `agent-${turn.sessionId}` })
    switch (this.prompts > 1 && (this.scene === 'talks-late' || this.scene === 'dies') ? 'answers' : this.scene) {
      case 'hangs':
      case 'talks-late':
        return this.delta(turn, 'Hello.')
      case 'asks':
        return this.ask(turn)
      case 'fails':
        return this.over(turn, 'error', 'error', 'The model is overloaded')
      case 'dies':
        this.delta(turn, 'Hello.')
        this.tell(turn, { type: 'message-end', id: `${turn.run}/text`, cut: true })
        return this.over(turn, 'error', 'error', 'The agent ended with exit code 3')
      case 'uses-a-tool':
        this.useTool(turn)
        break
      case 'speaks-unknown':
        this.message(turn, 'unknown', { update: 'quantum' }, 'unknown')
    }
    this.answer(turn)
  }

  answer(turn: Turn): void {
    this.delta(turn, 'Hel')
    this.tell(turn, { type: 'delta', id: `${turn.run}/text`, kind: 'text', text: 'lo.', offset: 3 })
    this.tell(turn, { type: 'message-end', id: `${turn.run}/text` })
    this.over(turn, 'done', 'completed')
  }

  delta(turn: Turn, text: string): void {
    this.tell(turn, { type: 'delta', id: `${turn.run}/text`, kind: 'text', text, offset: 0 })
  }

  useTool(turn: Turn): void {
    const toolCallId = `${turn.run}/call`
    this.message(turn, 'tool_call', { name: 'Read', input: { file_path: 'a.txt' }, toolCallId }, 'call')
    this.message(turn, 'tool_result', { output: 'one', toolCallId }, 'result')
  }

  message(turn: Turn, type: RawMessage['type'], content: unknown, id: string): void {
    this.tell(turn, { type: 'message', messages: [{ id: `${turn.run}/${id}`, type, content, timestamp: 1 }] })
  }

  questionId(turn: Turn): string {
    return `${turn.run}/question`
  }

  ask(turn: Turn): void {
    turn.question = this.questionId(turn)
    const options = [
      { id: 'yes', label: 'Yes', kind: 'allow_once' as const },
      { id: 'no', label: 'No', kind: 'reject_once' as const },
    ]
    this.tell(turn, { type: 'permission', request: { id: turn.question, title: 'May I?', options } })
  }

  async respond({ sessionId, requestId, optionId }: PermissionAnswer): Promise<Reply> {
    const turn = this.turns.get(sessionId)
    if (turn?.question === undefined || turn.question !== requestId) return no('permission-not-pending', 'This question is not open')
    if (optionId !== undefined && optionId !== 'yes' && optionId !== 'no') return no('permission-option-unknown', 'No such option')
    this.settle(turn, optionId)
    this.answer(turn)
    return ok
  }

  settle(turn: Turn, optionId: string | undefined): void {
    const requestId = turn.question
    turn.question = undefined
    if (requestId === undefined) return
    if (optionId === undefined) this.tell(turn, { type: 'permission-settled', requestId, outcome: 'cancelled' })
    else this.tell(turn, { type: 'permission-settled', requestId, outcome: 'selected', optionId })
  }

  async stop({ sessionId, run }: StopCommand): Promise<Reply> {
    const turn = this.turns.get(sessionId)
    if (turn === undefined || turn.run !== run) return ok
    this.settle(turn, undefined)
    this.tell(turn, { type: 'message-end', id: `${turn.run}/text`, cut: true })
    this.over(turn, 'done', 'stopped')
    if (this.scene === 'talks-late') this.message(turn, 'text', { text: 'one more thing' }, 'late')
    return ok
  }

  over(turn: Turn, status: string, reason: string, error?: string): void {
    this.turns.delete(turn.sessionId)
    this.tell(turn, { type: 'status', status, reason, ...(error !== undefined && { error }) })
  }

  async configure(_change: object): Promise<Reply> {
    return no('invalid-argument', 'The agent has no such mode')
  }

  async attach(_command: object): Promise<{ outcome: 'lost' | 'live' }> {
    return { outcome: 'lost' }
  }

  async list(): Promise<{ agentSessionId: string }[]> {
    return [...this.remembered].map((sessionId) => ({ agentSessionId: `agent-${sessionId}` }))
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.turns.clear()
    this.listeners.clear()
  }

  held(): string[] {
    return [...this.turns.keys()].map((sessionId) => `the turn of ${sessionId}`)
  }

  tell({ sessionId, run }: Turn, body: Body): void {
    // The parts of an event with its session and run: TypeScript cannot follow the union.
    const event = { ...body, sessionId, run } as AgentEvent
    for (const listener of this.listeners) this.notify(listener, event)
  }

  notify(listener: (event: AgentEvent) => void, event: AgentEvent): void {
    try {
      listener(event)
    } catch (thrown) {
      this.thrown.push(thrown)
    }
  }
}

type ModelOf = new (scene: TransportScene, remembered?: Set<string>) => ModelTransport

export function underTest(Model: ModelOf, scene: TransportScene): TransportUnderTest {
  const remembered = new Set<string>()
  const open = (): TransportUnderTest => {
    const transport = new Model(scene, remembered)
    return { transport, leftovers: () => transport.held(), reopen: open }
  }
  return open()
}
