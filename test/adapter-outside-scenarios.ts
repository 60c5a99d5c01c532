// What each adapter must do outside of components, told once for all of them. Each adapter's tests give what is reactive
// there, in the words of its framework.

import type { CurrentSessionCommands, SessionParts } from '@agent-session/core'
import { equal, type World } from './adapter-scenarios.ts'

type Part = keyof SessionParts | 'connection'

/** What a framework makes of a store, in an effect scope or root of its own. */
export interface Outside {
  readonly commands: CurrentSessionCommands
  /** How a part of the project's session stands, read by no effect. */
  read(part: Part): unknown
  /** An effect that reads a part and tells what it read, at once and whenever it runs again. */
  watch(part: Part, seen: (value: unknown) => void): void
  /** Puts it into deep state of the framework, as an app may; gives what that has. */
  deep<Value extends object>(value: Value): Value
  /** As `watch`, of what shows the project put there. */
  watchDeep(part: Part, seen: (value: unknown) => void): void
  /** The same of the list of all sessions. */
  watchList(part: 'sessions' | 'loading', seen: (value: unknown) => void): void
  refreshList(): Promise<void>
  /** As plain JavaScript may try it. */
  write(part: Part): void
  /** Ends all effects. */
  end(): void
}

export interface OutsideScenario {
  readonly name: string
  /** `begin` makes what shows the project `one`. */
  run(world: World, begin: () => Outside): Promise<void>
}

/** Effects by their parts, and what each has seen. */
function watched(outside: Outside, parts: readonly Part[]): Record<string, unknown[]> {
  const seen = Object.fromEntries(parts.map((part): [string, unknown[]] => [part, []]))
  for (const part of parts) outside.watch(part, (value) => seen[part]?.push(value))
  return seen
}

export const outsideScenarios: readonly OutsideScenario[] = [
  {
    name: 'nothing is subscribed before a part is read, and then that part alone',
    async run(world, begin) {
      await world.start('one')
      const outside = begin()
      await world.clock.settle()
      equal(world.subscriptions.total, 0, 'subscriptions before anything is read')
      watched(outside, ['connection'])
      await world.clock.settle()
      equal([...world.subscriptions.held], [['connection', 1]], 'subscriptions of a reader of the connection')
      watched(outside, ['status', 'status', 'status'])
      await world.clock.settle()
      equal([world.subscriptions.of('session'), world.subscriptions.of('message')], [1, 0], 'subscriptions of three readers of the status')
      watched(outside, ['title'])
      await world.clock.settle()
      equal(world.subscriptions.of('session'), 2, 'subscriptions with a reader of the title')
      outside.end()
      await world.clock.settle()
      equal(world.subscriptions.total, 0, 'subscriptions that are left')
    },
  },
  {
    name: 'a change runs the readers of its part alone, and none once they have ended',
    async run(world, begin) {
      const session = await world.start('one')
      const outside = begin()
      const seen = watched(outside, ['status', 'title', 'messageCount'])
      await world.tell(session, { type: 'delta', id: 'a', kind: 'text', text: 'x', offset: 0 })
      await world.tell(session, { type: 'delta', id: 'a', kind: 'text', text: 'y', offset: 1 })
      await world.tell(session, { type: 'status', status: 'done' })
      equal(seen, { status: ['running', 'done'], title: [undefined], messageCount: [1, 2] }, 'what was seen')
      outside.end()
      await session.rename('late')
      await world.clock.settle()
      equal(seen['title'], [undefined], 'titles that were seen')
    },
  },
  {
    name: 'a part tells how things stand before its notice comes, and once its readers have ended',
    async run(world, begin) {
      const session = await world.start('one')
      const outside = begin()
      equal(outside.read('status'), 'running', 'status')
      world.transport.emit({ sessionId: session.sessionId, type: 'status', status: 'done' })
      equal(outside.read('status'), 'done', 'status before its notice')
      outside.end()
      await outside.commands.prompt('more')
      equal(outside.read('status'), 'running', 'status after the end')
      await world.clock.settle()
      equal(world.subscriptions.total, 0, 'subscriptions')
    },
  },
  {
    name: 'without a session the commands say so, and with one they do their work',
    async run(world, begin) {
      const outside = begin()
      const { prompt, start, stop, withdraw, respond, loadOlder } = outside.commands
      const refused = await Promise.all([prompt('more'), stop(), withdraw('m1'), respond('q', { optionId: 'yes' })])
      equal(refused.map((result) => !result.ok && result.code), Array.from({ length: 4 }, () => 'no-session'), 'refusals')
      equal([outside.read('status'), outside.read('messages'), outside.read('costUsd'), await loadOlder(5)], [undefined, [], 0, 0], 'parts without a session')
      equal((await start({ provider: 'scripted', prompt: 'hello' })).ok, true, 'start')
      const queued = await prompt('more')
      equal(queued.ok && queued.queued, true, 'a second prompt is queued')
      const [first] = world.store.getSession('one')?.queue ?? []
      equal(await withdraw(first?.messageId ?? ''), { ok: true }, 'withdraw')
      equal(await stop(), { ok: true }, 'stop')
      equal([outside.read('status'), outside.read('endReason')], ['done', 'stopped'], 'status and reason')
      outside.end()
    },
  },
  {
    name: 'a part of a list runs its own readers alone',
    async run(world, begin) {
      await world.start('one')
      const outside = begin()
      const [lists, loads]: [unknown[], unknown[]] = [[], []]
      outside.watchList('sessions', (sessions) => lists.push(sessions))
      outside.watchList('loading', (loading) => loads.push(loading))
      await world.clock.settle()
      const { length } = lists
      await outside.refreshList()
      await world.clock.settle()
      equal([lists.length, Array.isArray(lists.at(-1)) && lists.at(-1)], [length, lists[length - 1]], 'lists that were seen')
      equal(loads.slice(-2), [true, false], 'what was seen of loading')
      outside.end()
      await world.clock.settle()
      equal(world.subscriptions.total, 0, 'subscriptions')
    },
  },
  {
    name: 'put into deep state of the app, parts stay reactive, and a session stays itself',
    async run(world, begin) {
      const session = await world.start('one')
      const outside = begin()
      const statuses: unknown[] = []
      outside.watchDeep('status', (status) => statuses.push(status))
      await world.tell(session, { type: 'status', status: 'done' })
      equal(statuses, ['running', 'done'], 'what was seen')
      const shown = outside.read('session')
      equal(outside.deep({ shown }).shown === shown, true, 'the session is the same object')
      outside.end()
    },
  },
  {
    name: 'a part that is written tells what to do instead',
    async run(_, begin) {
      const outside = begin()
      let thrown: unknown
      try {
        outside.write('status')
      } catch (error) {
        thrown = error
      }
      equal(String(thrown), 'TypeError: agent-session: change it by its commands', 'the error')
      outside.end()
    },
  },
]
