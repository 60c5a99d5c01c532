import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AgentSession, AgentStore } from '@agent-session/core'
import { createSqliteStorage } from '@agent-session/storage-sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { launch } from '../src/bun/index.ts'
import { openMainView } from '../src/mainview/index.ts'

let folder = ''
let apps: ReturnType<typeof launch>[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'electrobun-shaped-'))
})

afterEach(async () => {
  await Promise.all(apps.map(({ agents }) => agents.close()))
  apps = []
  rmSync(folder, { recursive: true, force: true })
})

function app(paceMs = 10): ReturnType<typeof launch> {
  const launched = launch({ database: join(folder, 'sessions.db'), sandbox: join(folder, 'sandbox'), paceMs })
  apps.push(launched)
  return launched
}

const provider = 'example'
// With the reason, where it is not.
const accepted = { ok: true }

/** Resolves once it is so; looks after each change of the session. */
function until(session: AgentSession, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!isSo()) return
      unsubscribe()
      resolve()
    }
    const unsubscribe = session.subscribe(look)
    look()
  })
}

function shown(store: AgentStore): AgentSession {
  const session = store.getSession('board')
  if (session === undefined) throw new Error('nothing is shown')
  return session
}

const answer = (session: AgentSession): string => session.messages.findLast(({ role }) => role === 'assistant')?.content ?? ''
const spoken = (session: AgentSession): string[] => session.messages.filter(({ role }) => role === 'user' || role === 'assistant').map(({ role, content }) => `${role}: ${content}`)

test('B27 a session streams, is stopped, and is there again after a reload and after a restart of the app, nothing twice', { timeout: 30_000 }, async () => {
  const { window, agents } = app()
  const { store, version } = window.load(openMainView)
  expect(await version).toBe('1.0.0')

  // It streams: the text grows while the agent talks.
  expect(await store.start('board', { provider, prompt: 'story 2000' })).toMatchObject(accepted)
  const session = shown(store)
  await until(session, () => answer(session).length > 0)
  const early = answer(session)
  await until(session, () => answer(session).length > early.length)
  expect(answer(session).startsWith(early)).toBe(true)

  // It is stopped.
  expect(await session.stop()).toEqual({ ok: true })
  expect(session).toMatchObject({ status: 'done', endReason: 'stopped', live: false })
  await store.flush()

  // The page is loaded anew: the same session, field by field.
  const before = session.record
  const second = window.load(openMainView).store
  expect(await second.restore('board')).toEqual({ outcome: 'restored', sessionId: session.sessionId })
  const again = shown(second)
  expect(again.messages).toEqual(session.messages)
  expect(again.record).toEqual(before)

  // It goes on, and the agent remembers.
  expect(await again.prompt('recall')).toMatchObject(accepted)
  await until(again, () => !again.live)
  expect(again).toMatchObject({ status: 'done', endReason: 'completed' })
  expect(answer(again)).toContain('story 2000')
  await second.flush()
  const all = again.messages
  await agents.close()

  // The app is started anew: page, host and agent are other ones, and the file is the same.
  const next = app()
  const third = next.window.load(openMainView).store
  expect(await third.restore('board')).toMatchObject({ outcome: 'restored' })
  const last = shown(third)
  expect(last.messages).toEqual(all)
  expect(await last.prompt('recall')).toMatchObject(accepted)
  await until(last, () => !last.live)
  expect(answer(last)).toContain('story 2000')
  expect(last.continuity).toBeUndefined()
  expect(spoken(last).filter((line) => line.startsWith('user'))).toEqual(['user: story 2000', 'user: recall', 'user: recall'])
  expect(last.messages.map(({ seqId }) => seqId)).toEqual(last.messages.map((_, index) => index + 1))
  await third.flush()

  // What is in the file is what was shown.
  await next.agents.close()
  const file = createSqliteStorage({ path: join(folder, 'sessions.db') })
  expect((await file.loadMessages(last.sessionId)).map(({ id, content }) => [id, content])).toEqual(last.messages.map(({ id, content }) => [id, content]))
  await file.close?.()
})

test('B27 a page that is loaded anew in the middle of an answer hears the rest of it once', { timeout: 30_000 }, async () => {
  const { window } = app(5)
  const first = window.load(openMainView).store
  expect(await first.start('board', { provider, prompt: 'story 600' })).toMatchObject(accepted)
  const begun = shown(first)
  await until(begun, () => answer(begun).length > 0)
  await first.flush()

  const second = window.load(openMainView).store
  expect(await second.restore('board')).toMatchObject({ outcome: 'interrupted' })
  const session = shown(second)
  // It does not know that the agent is still at work; its prompt is the next turn.
  expect(await session.prompt('recall')).toMatchObject(accepted)
  await until(session, () => !session.live)
  expect(session.status).toBe('done')
  const [story, recall] = session.messages.filter(({ role }) => role === 'assistant')
  expect(story?.content.trim().split(/\s+/).length).toBeGreaterThanOrEqual(600)
  expect(recall?.content).toContain('story 600')
  expect(spoken(session)).toHaveLength(4)
})

test('B27 what the policy of the host allows is done, and what it does not is said', { timeout: 30_000 }, async () => {
  const { window } = app(0)
  const { store } = window.load(openMainView)
  await store.start('board', { provider, prompt: 'write note.txt: hello' })
  const session = shown(store)
  await until(session, () => !session.live)
  expect(readFileSync(join(folder, 'sandbox', 'note.txt'), 'utf8')).toBe('hello')
  await session.prompt('run touch forbidden.txt')
  await until(session, () => !session.live)
  expect(existsSync(join(folder, 'sandbox', 'forbidden.txt'))).toBe(false)
  expect(session.messages.map(({ content }) => content)).toContainEqual(expect.stringMatching(/^Error: Not allowed: .*touch forbidden\.txt/))
})
