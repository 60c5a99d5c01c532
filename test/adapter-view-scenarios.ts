// What each adapter must do with all that a store has beside the session of a project, told once for all of them.

import type { AgentStore } from '@agent-session/core'
import { equal, type Mount, type Page, type World } from './adapter-scenarios.ts'

/** What the components of a page are given. */
export interface ViewsProps {
  readonly store: AgentStore
  readonly projectId: string
  /** The session that is shown by its id. */
  readonly sessionId: string
}

/*
 * Such a page shows the project's sessions by their titles in `[data-part=listed]`, and a button `more` where there are
 * others, two at a time; the session of the id by its status in `[data-part=by-id]`, the activity of the project in
 * `[data-part=health]`, the questions that wait in any project as buttons `[data-part=permission]` with their titles, which
 * give the first answer, notifications as buttons that dismiss them in `[data-part=notification]`, the connection and the
 * writer in `[data-part=store]`, and a button `send` that prompts the project: disabled while it is pending, with its
 * refusal in `[data-part=refusal]`.
 */

export interface ViewScenario {
  readonly name: string
  run(world: World, mount: Mount<ViewsProps>): Promise<void>
}

const texts = ({ element }: Page, part: string): (string | undefined)[] =>
  [...element.querySelectorAll(`[data-part=${part}]`)].map(({ textContent }) => textContent?.trim())

function button({ element }: Page, part: string): HTMLButtonElement {
  const found = element.querySelector(`button[data-part=${part}]`)
  if (found instanceof HTMLButtonElement) return found
  throw new Error(`There is no button ${part}.`)
}

/** Sessions of a project that have ended, with titles; gives the id of the last. */
async function sessionsOf(world: World, projectId: string, titles: readonly string[]): Promise<string> {
  let last = ''
  for (const title of titles) {
    const session = await world.start(projectId)
    await session.rename(title)
    await session.stop()
    await world.clock.advance(1_000)
    last = session.sessionId
  }
  return last
}

/** A page of this world that is at rest. */
async function opened(world: World, mount: Mount<ViewsProps>, projectId = 'one', sessionId = ''): Promise<Page> {
  const page = await mount({ store: world.store, projectId, sessionId })
  await world.clock.settle()
  return page
}

export const viewScenarios: readonly ViewScenario[] = [
  {
    name: 'lists the sessions of a project, a page more, and what becomes of them',
    async run(world, mount) {
      const last = await sessionsOf(world, 'one', ['first', 'second', 'third'])
      await sessionsOf(world, 'two', ['other'])
      const page = await opened(world, mount)
      equal(texts(page, 'listed'), ['third', 'second'], 'listed')
      button(page, 'more').click()
      await world.clock.settle()
      equal(texts(page, 'listed'), ['third', 'second', 'first'], 'listed')
      equal(page.element.querySelectorAll('[data-part=more]').length, 0, 'buttons for more')
      await world.store.rename(last, 'renamed')
      await world.clock.settle()
      equal(texts(page, 'listed'), ['renamed', 'second', 'first'], 'listed')
      await page.show('two')
      await world.clock.settle()
      equal(texts(page, 'listed'), ['other'], 'listed of the other project')
      await page.unmount()
    },
  },
  {
    name: 'shows any session by its id, and that it is gone',
    async run(world, mount) {
      const sessionId = await sessionsOf(world, 'one', ['first'])
      await world.start('one')
      const page = await opened(world, mount, 'one', sessionId)
      equal(texts(page, 'by-id'), ['done'], 'by its id')
      await world.store.promptSession(sessionId, 'again')
      await world.clock.settle()
      equal(texts(page, 'by-id'), ['running'], 'by its id')
      await world.store.purge(sessionId)
      await world.clock.settle()
      equal(texts(page, 'by-id'), ['none'], 'by its id')
      await page.unmount()
    },
  },
  {
    name: 'shows how a project does, and follows it',
    async run(world, mount) {
      const page = await opened(world, mount)
      equal(texts(page, 'health'), ['none'], 'health')
      await world.start('one')
      await world.clock.settle()
      equal(texts(page, 'health'), ['running'], 'health')
      await page.show('two')
      equal(texts(page, 'health'), ['none'], 'health of the other project')
      await page.unmount()
    },
  },
  {
    name: 'shows the questions that wait in any project, and answers one by a click',
    async run(world, mount) {
      const page = await opened(world, mount)
      const options = [{ id: 'yes', label: 'Allow', kind: 'allow_once' }]
      for (const projectId of ['one', 'two']) {
        const session = await world.start(projectId)
        await world.tell(session, { type: 'permission', request: { id: 'q', title: `Run ${projectId}?`, options } })
      }
      equal(texts(page, 'permission'), ['Run one?', 'Run two?'], 'questions')
      button(page, 'permission').click()
      await world.clock.settle()
      equal(texts(page, 'permission'), ['Run two?'], 'questions that are left')
      const answered = world.store.getSession('one')?.sessionId
      equal(world.transport.commands.at(-1), { type: 'respond', sessionId: answered, requestId: 'q', optionId: 'yes' }, 'the answer')
      await page.unmount()
    },
  },
  {
    name: 'shows notifications until they are dismissed',
    async run(world, mount) {
      const page = await opened(world, mount)
      const session = await world.start('one')
      await world.tell(session, { type: 'status', status: 'done' })
      equal(texts(page, 'notification'), ['Agent completed on one'], 'notifications')
      button(page, 'notification').click()
      await world.clock.settle()
      equal(texts(page, 'notification'), [], 'notifications')
      await page.unmount()
    },
  },
  {
    name: 'tells how the store stands',
    async run(world, mount) {
      const page = await opened(world, mount)
      equal(texts(page, 'store'), ['connected idle'], 'the store')
      await world.start('one')
      await world.clock.settle()
      equal(texts(page, 'store'), ['connected writing'], 'the store')
      world.transport.emit({ type: 'connection', state: 'reconnecting' })
      await world.clock.settle()
      equal(texts(page, 'store'), ['reconnecting writing'], 'the store')
      await page.unmount()
    },
  },
  {
    name: 'a command is pending until it is answered, and tells why it was refused',
    async run(world, mount) {
      const page = await opened(world, mount)
      button(page, 'send').click()
      await world.clock.settle()
      equal(texts(page, 'refusal'), ['no-session'], 'refusal')
      await sessionsOf(world, 'one', ['first'])
      const release = world.hold()
      button(page, 'send').click()
      await world.clock.settle()
      equal([button(page, 'send').disabled, texts(page, 'refusal')], [true, []], 'while it is pending')
      release()
      await world.clock.settle()
      equal([button(page, 'send').disabled, texts(page, 'refusal')], [false, []], 'once it is answered')
      await page.unmount()
    },
  },
  {
    name: 'subscribes each once, and leaves nothing behind',
    async run(world, mount) {
      const sessionId = await sessionsOf(world, 'one', ['first'])
      const page = await opened(world, mount, 'one', sessionId)
      const before = world.subscriptions.total
      await page.show('two')
      await page.show('one')
      equal(world.subscriptions.total, before, 'subscriptions')
      await page.unmount()
      await world.clock.settle()
      equal(world.subscriptions.total, 0, 'subscriptions that are left')
    },
  },
]
