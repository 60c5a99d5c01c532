// What runs in each page of the tests: a whole store over IndexedDB, and an agent that talks without a pause.
import { AgentSessionError, createAgentStore, type AgentStore, type SessionMessage } from '@agent-session/core'
import { sampleBatch, sampleMessage } from '@agent-session/core/conformance'
import { createScriptedTransport } from '@agent-session/core/testing'
import { createIdbStorage, type IdbStorage } from '../../src/index.ts'

/**
 * What a page tells as it happens, so that it is known after its death. `count` is the number of the last word: said
 * (`shown` is what the store shows), in the commit that begins or has ended, or covered by a flush. `at` is the page's own
 * time in ms.
 */
export type Told =
  | { readonly type: 'shown' | 'committing' | 'committed' | 'acknowledged'; readonly count: number; readonly at: number }
  | { readonly type: 'problem'; readonly text: string }

declare global {
  /** Given by the test. */
  function tell(told: Told): void
  var tab: Tab
}

export class Tab {
  readonly storage: IdbStorage
  readonly store: AgentStore
  #talking: ReturnType<typeof setInterval> | undefined
  #said = 0
  #length = 0
  #committing = 0

  constructor(name: string, saveDelayMs?: number) {
    const onProblem = (problem: Error): void => tell({ type: 'problem', text: problem.message })
    this.storage = createIdbStorage({ name, onProblem })
    const transport = createScriptedTransport({
      script: (turn) =>
        new Promise(() => {
          this.#talking = setInterval(() => {
            for (let n = 0; n < 5; n += 1) turn.message('text', { text: `word ${(this.#said += 1)}`.padEnd(this.#length) })
          }, 10)
        }),
    })
    this.store = createAgentStore({ transport, storage: this.#overheard(), ...(saveDelayMs !== undefined && { limits: { saveDelayMs } }) })
    this.store.on('error', (error) => onProblem(error))
  }

  /** The storage, but each commit is told. */
  #overheard(): IdbStorage {
    return {
      ...this.storage,
      commit: async (batch) => {
        const count = Math.max(this.#committing, ...batch.upsert.map(wordOf))
        this.#committing = count
        tell({ type: 'committing', count, at: pageTime() })
        await this.storage.commit(batch)
        tell({ type: 'committed', count, at: pageTime() })
      },
    }
  }

  /** Starts a session whose agent says words of that length until the page is gone; `tell` hears what was shown and what was saved. */
  async talk(project: string, length = 0): Promise<void> {
    this.#length = length
    const started = await this.store.start(project, { provider: 'scripted', prompt: 'Talk.' })
    if (!started.ok) throw new Error(started.error)
    const session = this.store.getSession(project)
    session?.subscribe(() => tell({ type: 'shown', count: wordOf(session.messages.at(-1)), at: pageTime() }))
  }

  /** As `talk`, and flushes all the time: `tell` hears what is acknowledged. */
  async talkAndFlush(project: string): Promise<void> {
    await this.talk(project)
    this.#flush()
  }

  /** Goes on with what another tab has said so far. */
  async goOn(project: string): Promise<void> {
    this.#said = (await this.storedWords(project)).length
    const answer = await this.store.prompt(project, 'Go on.')
    if (!answer.ok) throw new Error(answer.error)
    this.#flush()
  }

  /** The number of the last word that the store shows. */
  shownWord(project: string): number {
    return wordOf(this.store.getSession(project)?.messages.findLast((message) => wordOf(message) > 0))
  }

  #flush(): void {
    const acknowledge = (): void => {
      const count = this.#said
      this.store.flush().then(
        () => {
          tell({ type: 'acknowledged', count, at: pageTime() })
          setTimeout(acknowledge, 100)
        },
        (error: Error) => tell({ type: 'problem', text: error.message }),
      )
    }
    acknowledge()
  }

  hush(): void {
    clearInterval(this.#talking)
  }

  /** Keeps the page's one thread until the test lets go of it: no timer, message or answer of another request gets through. */
  freeze(): void {
    const request = new XMLHttpRequest()
    request.open('GET', '/frozen', false)
    request.send()
  }

  /** Without a store: takes the lease, commits two messages, freezes, and commits a third before it can hear of anything. */
  async commitLate(): Promise<string> {
    const { fence } = await this.storage.acquire('first')
    for (const seqId of [1, 2]) await this.storage.commit(sampleBatch({}, [sampleMessage(seqId)], { fence }))
    this.freeze()
    return this.storage.commit(sampleBatch({}, [sampleMessage(3)], { fence })).then(
      () => 'written',
      (thrown: unknown) => (AgentSessionError.isInstance(thrown) ? thrown.code : String(thrown)),
    )
  }

  /** Without a store: waits for the lease, and commits a third message of its own. */
  async commitNext(): Promise<void> {
    const { fence } = await this.storage.acquire('next')
    await this.storage.commit(sampleBatch({}, [sampleMessage(3, { content: 'of the next' })], { fence }))
  }

  /** The numbers of the words that are stored. */
  async storedWords(project: string): Promise<number[]> {
    const session = await this.storage.lastSession(project)
    const messages: SessionMessage[] = session ? await this.storage.loadMessages(session.sessionId) : []
    return messages.map(wordOf).filter((word) => word > 0)
  }
}

/** The number of the word; 0 where the message is none. */
const wordOf = (message: SessionMessage | undefined): number => (message?.content.startsWith('word ') ? Number(message.content.slice(5)) : 0)

/** Ms, the same in all pages. */
const pageTime = (): number => performance.timeOrigin + performance.now()

Object.assign(globalThis, { openTab: (name: string, saveDelayMs?: number) => (globalThis.tab = new Tab(name, saveDelayMs)) })
