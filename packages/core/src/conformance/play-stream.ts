import { createMemoryStorage } from '../defaults/memory-storage.ts'
import { nextMacrotask } from '../defaults/system-clock.ts'
import type { AgentSessionError } from '../errors.ts'
import type { AgentEvent } from '../ports/agent-event.ts'
import type { AgentTransport, Reply } from '../ports/agent-transport.ts'
import type { AgentSession } from '../session/agent-session.ts'
import { createAgentStore } from '../store/create-agent-store.ts'
import type { RecordedStream, StreamFold } from './stream-fold.ts'
import { standingClock } from './transport-trial.ts'

const recordedAt = 1_790_000_000_000
/** What is said where the recording does not have the person's words. */
const unrecordedPrompt = '(prompt)'

/** What a person sees of a stream that was played through a store, and what the store had to say about it. */
export interface PlayedStream {
  readonly session: AgentSession
  readonly events: readonly AgentEvent[]
  readonly reports: readonly AgentSessionError[]
  /** The prompts that were sent. */
  readonly prompts: readonly string[]
  /** The seqIds that were given to messages which were taken back. */
  readonly retracted: ReadonlySet<number>
}

/** Plays a recorded stream through a real store; the agent is gone where the recording ends. */
export async function playStream<Line>({ lines, fold, promptOf }: RecordedStream<Line>): Promise<PlayedStream> {
  const prompts = lines.flatMap((line) => promptOf?.(line) ?? [])
  const player = new StreamPlayer(lines, fold, (line) => prompts.length > 0 && promptOf?.(line) !== undefined)
  const reports: AgentSessionError[] = []
  const given = new Map<string, number>()
  const retracted = new Set<number>()
  let ids = 0
  const store = createAgentStore({
    transport: player,
    storage: createMemoryStorage(),
    clock: standingClock(recordedAt),
    newId: () => `id-${(ids += 1)}`,
  })
  store.on('warning', (warning) => reports.push(warning))
  store.on('error', (error) => reports.push(error))
  store.on('change', ({ changes }) => {
    for (const change of changes) {
      if (change.type === 'messages-appended') for (const { id, seqId } of change.messages) given.set(id, seqId)
      if (change.type === 'messages-retracted') for (const id of change.ids) retracted.add(given.get(id) ?? 0)
    }
  })
  const [first = unrecordedPrompt, ...more] = prompts
  const started = await store.start('project', { provider: 'agent', prompt: first })
  await nextMacrotask()
  for (const prompt of more) {
    await store.prompt('project', prompt)
    await nextMacrotask()
  }
  player.end()
  await nextMacrotask()
  const session = store.findSession(started.ok ? started.sessionId : (started.sessionId ?? ''))
  await store.dispose()
  if (player.failures.length > 0) throw player.failures[0]
  if (session === undefined) throw new Error('the session was not started')
  return { session, events: player.events, reports, prompts: [first, ...more], retracted }
}

/** A recording as a transport: each start or prompt plays it up to the next prompt that was recorded. */
class StreamPlayer<Line> implements AgentTransport {
  readonly events: AgentEvent[] = []
  /** What the fold threw: a store would make a refusal of it. */
  readonly failures: unknown[] = []
  readonly #lines: readonly Line[]
  readonly #open: (sessionId: string) => StreamFold<Line>
  readonly #isPrompt: (line: Line) => boolean
  readonly #listeners = new Set<(event: AgentEvent) => void>()
  #fold: StreamFold<Line> | undefined
  #run = ''
  #at = 0

  constructor(lines: readonly Line[], open: (sessionId: string) => StreamFold<Line>, isPrompt: (line: Line) => boolean) {
    this.#lines = lines
    this.#open = open
    this.#isPrompt = isPrompt
  }

  subscribe(listener: (event: AgentEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  start({ sessionId, run }: { sessionId: string; run: string }): Promise<Reply> {
    this.#fold = this.#open(sessionId)
    return this.#play(run)
  }

  prompt({ run }: { run: string }): Promise<Reply> {
    return this.#play(run)
  }

  stop(): Promise<Reply> {
    return Promise.resolve({ ok: true })
  }

  end(): void {
    this.#tell((fold) => fold.end(this.#run))
  }

  async #play(run: string): Promise<Reply> {
    this.#run = run
    for (let prompts = 0; this.#at < this.#lines.length; this.#at += 1) {
      const line = this.#lines.slice(this.#at, this.#at + 1)
      if (line.some(this.#isPrompt) && (prompts += 1) > 1) break
      for (const one of line) this.#tell((fold) => fold.take(one, run))
    }
    return { ok: true }
  }

  #tell(read: (fold: StreamFold<Line>) => readonly AgentEvent[]): void {
    try {
      for (const event of this.#fold ? read(this.#fold) : []) {
        this.events.push(event)
        for (const listener of this.#listeners) listener(event)
      }
    } catch (thrown) {
      this.failures.push(thrown)
    }
  }
}
