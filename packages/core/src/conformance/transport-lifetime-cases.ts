import { createMemoryStorage } from '../defaults/memory-storage.ts'
import type { AgentEvent } from '../ports/agent-event.ts'
import { expectEqual, expectTrue } from './expectations.ts'
import { brokenRules } from './session-rules.ts'
import { transportCase, type TransportCase } from './transport-case.ts'
import { playEvents } from './play-events.ts'
import { talkOf } from './transport-running-cases.ts'
import { isEnd } from './transport-trial.ts'

export const lifetimeCases: readonly TransportCase[] = [
  transportCase('each listener hears all, until it unsubscribes', 'answers', async (trial) => {
    const heard: AgentEvent[] = []
    const late: AgentEvent[] = []
    const listen = (event: AgentEvent): void => void heard.push(event)
    trial.under.transport.subscribe(listen)
    const unsubscribe = trial.under.transport.subscribe((event) => late.push(event))
    await trial.accepted('the start', trial.start())
    await trial.ended('run-1')
    unsubscribe()
    unsubscribe()
    const before = late.length
    expectEqual(heard, trial.events, 'what the second listener heard')
    expectEqual(late, trial.events, 'what the third listener heard')
    const later: AgentEvent[] = []
    // Once more the same function: each subscription ends by itself.
    const unsubscribeTwin = trial.under.transport.subscribe(listen)
    trial.under.transport.subscribe((event) => later.push(event))
    unsubscribeTwin()
    const told = trial.events.length
    await trial.accepted('the prompt', trial.prompt('run-2'))
    await trial.ended('run-2')
    expectEqual(late.length, before, 'events heard after the unsubscribe')
    expectEqual(heard, trial.events, 'what the second listener heard, after the third and its own twin had unsubscribed')
    expectEqual(later, trial.events.slice(told), 'what one heard that came later')
  }),

  transportCase('F30 a listener that throws, or unsubscribes while it is told, keeps nothing from the others', 'answers', async (trial) => {
    const { transport } = trial.under
    transport.subscribe(() => {
      throw new Error('this listener throws')
    })
    const once: AgentEvent[] = []
    const unsubscribe = transport.subscribe((event) => {
      once.push(event)
      unsubscribe()
    })
    const heard: AgentEvent[] = []
    transport.subscribe((event) => heard.push(event))
    await trial.accepted('the start', trial.start())
    expectEqual((await trial.ended('run-1')).status, 'done', 'the end of the run')
    await trial.settle()
    expectEqual(heard, trial.events, 'what a listener heard beside one that throws and one that unsubscribed')
    expectEqual(once.length, 1, 'events that were heard by the listener that unsubscribed at the first')
  }),

  transportCase('closed while a run goes on, it leaves nothing and says nothing more', 'hangs', async (trial) => {
    await trial.accepted('the start', trial.start())
    await trial.until('a word of the agent', () => trial.events.some(({ type }) => type === 'delta' || type === 'message'))
    await trial.close()
    const told = trial.events.length
    expectEqual([...(await trial.under.leftovers())], [], 'left after the close')
    await trial.settle()
    expectEqual(trial.events.length, told, 'events at the end')
  }),

  transportCase('closed while a question waits, it leaves nothing', 'asks', async (trial) => {
    await trial.accepted('the start', trial.start())
    await trial.question()
    await trial.close()
    expectEqual([...(await trial.under.leftovers())], [], 'left after the close')
  }),

  transportCase('closed while it starts, it leaves nothing and answers the start', 'answers', async (trial) => {
    const started = trial.start()
    await trial.close()
    await started
    await trial.settle()
    expectEqual([...(await trial.under.leftovers())], [], 'left after the close')
  }),

  transportCase('closed after a run, it leaves nothing, and takes no more', 'answers', async (trial) => {
    await trial.accepted('the start', trial.start())
    await trial.ended('run-1')
    await trial.close()
    expectEqual([...(await trial.under.leftovers())], [], 'left after the close')
    await trial.refused('a start after the close', trial.start('run-2', { sessionId: 'session-2' }))
    await trial.refused('a prompt after the close', trial.prompt('run-3'))
    expectEqual([...(await trial.under.leftovers())], [], 'left after a start that came too late')
  }),

  transportCase('closed before it was used, it leaves nothing', 'answers', async (trial) => {
    await trial.close()
    expectEqual([...(await trial.under.leftovers())], [], 'left after the close')
  }),

  transportCase('closed after a start that failed, it leaves nothing', 'refuses', async (trial) => {
    await trial.start()
    await trial.close()
    expectEqual([...(await trial.under.leftovers())], [], 'left after the close')
  }),

  transportCase('a session goes on after a restart of the app, and nothing of it shows twice', 'answers', async (trial) => {
    const storage = createMemoryStorage()
    const store = trial.store(storage)
    const first = await trial.startedSession(store)
    await trial.over(first)
    await store.flush()
    await trial.close()
    const next = await trial.reopen()
    if (next === undefined) return
    try {
      const later = next.store(storage)
      await next.settles('restore', () => later.restore('project'))
      const session = later.getSession('project')
      if (session === undefined) throw new Error('the session did not come back')
      const again = await next.settles('prompt', () => session.prompt('And again'))
      if (!again.ok) throw new Error(`the prompt after the restart was refused: ${again.error}`)
      await next.over(session)
      expectEqual(talkOf(session.messages), ['user: Say hello', 'assistant: Hello.', 'user: And again', 'assistant: Hello.'], 'what was said')
      expectEqual(brokenRules(session), [], 'rules that are broken')
      expectEqual(session.continuity, undefined, 'the continuity of a session that the agent remembers')
    } finally {
      await next.end()
    }
  }),

  transportCase('an attach to a session that was never there finds nothing', 'answers', async (trial) => {
    const { transport } = trial.under
    if (transport.capabilities?.attach !== true) return
    const attached = await trial.settles('attach', async () => transport.attach?.({ sessionId: 'never-there', run: 'run-0', session: trial.context }))
    expectTrue(attached?.outcome === 'lost' || attached?.outcome === 'transcript-only', `an attach to nothing gave ${String(attached?.outcome)}`)
    await trial.settle()
    expectEqual(trial.events.filter(({ type }) => type !== 'connection'), [], 'events of a session that was never there')
  }),

  transportCase('after a restart of the app no run goes on that is over, and an attach tells nothing twice', 'answers', async (trial) => {
    await trial.accepted('the start', trial.start())
    await trial.ended('run-1')
    await trial.settle()
    await trial.close()
    const next = await trial.reopen()
    if (next === undefined) return
    try {
      const { transport } = next.under
      if (transport.capabilities?.attach !== true) return
      const attached = await next.settles('attach', async () => transport.attach?.({ sessionId: 'session', run: 'run-1', session: trial.context }))
      expectTrue(attached?.outcome !== 'live', 'an attach gave live, although the run is over')
      await next.settle()
      const { messages } = await playEvents([...trial.events.filter((event) => !isEnd(event)), ...next.events, ...trial.events.filter(isEnd)])
      expectEqual(talkOf(messages).filter((line) => line.startsWith('assistant')), ['assistant: Hello.'], 'what was said')
    } finally {
      await next.end()
    }
  }),

  transportCase('the sessions that the agent remembers are listed with their ids', 'answers', async (trial) => {
    const { transport } = trial.under
    if (transport.capabilities?.list !== true) return
    await trial.accepted('the start', trial.start())
    await trial.ended('run-1')
    const listed = await trial.settles('list', async () => (await transport.list?.(trial.context.projectId)) ?? [])
    for (const { agentSessionId } of listed) expectTrue(typeof agentSessionId === 'string' && agentSessionId !== '', 'a listed session without an id')
    expectEqual(new Set(listed.map(({ agentSessionId }) => agentSessionId)).size, listed.length, 'different ids in the list')
    const told = trial.events.findLast((event) => event.type === 'session' && event.agentSessionId !== undefined)
    const own: unknown = told && Reflect.get(told, 'agentSessionId')
    if (own !== undefined) expectTrue(listed.some(({ agentSessionId }) => agentSessionId === own), `the session ${String(own)} that was just told is not in the list`)
  }),

  transportCase('a mode that there is not is refused', 'answers', async (trial) => {
    const { transport } = trial.under
    if (transport.capabilities?.configure !== true) return
    await trial.accepted('the start', trial.start())
    await trial.ended('run-1')
    const change = { sessionId: 'session', mode: 'no-such-mode' }
    await trial.refused('a mode that there is not', trial.reply('configure', async () => (await transport.configure?.(change)) ?? { ok: true }))
  }),
]
