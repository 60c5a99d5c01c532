import { createAgentStore, type AgentSession, type AgentStore } from '@agent-session/core'
import { connectAgentStore, webSocketChannel } from '@agent-session/bridge'
import { createLaunchToken, serveWebSocket } from '@agent-session/bridge/node'
import { createSqliteStorage } from '@agent-session/storage-sqlite'
import { createAcpTransport } from '@agent-session/transport-acp'
import { stdioAgents } from '@agent-session/transport-acp/stdio'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'

const exampleAgent = join(import.meta.dirname, '../examples/example-agent/src/main.ts')

let folder: string
const ends: (() => Promise<void>)[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-session-route-'))
})

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
  rmSync(folder, { recursive: true, force: true })
})

/** The owner as a host has it: a real agent program, a real database. */
function owner(): AgentStore {
  const example = {
    command: process.execPath,
    args: [exampleAgent, '--sandbox', join(folder, 'sandbox')],
    env: { EXAMPLE_AGENT_PACE_MS: '2' },
  }
  const store = createAgentStore({
    transport: createAcpTransport({ connect: stdioAgents({ agents: { example } }) }),
    storage: createSqliteStorage({ path: join(folder, 'sessions.db') }),
  })
  ends.push(() => store.dispose())
  return store
}

/** A mirror as a window has it, over a real WebSocket. */
async function mirror(store: AgentStore): Promise<AgentStore> {
  const token = createLaunchToken()
  const origin = 'http://window.test'
  const server = await serveWebSocket({ store, token, port: 0, allowedOrigins: [origin] })
  ends.push(() => server.close())
  // A browser sends its origin by itself.
  class Browser extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols, { origin })
    }
  }
  const connected = connectAgentStore(webSocketChannel(server.url, { token, WebSocket: Browser }))
  ends.push(() => connected.dispose())
  await connected.ready
  return connected
}

/** Resolves when a session is as it should be. */
function until(session: AgentSession, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (!holds()) return
      unsubscribe()
      resolve()
    }
    const unsubscribe = session.subscribe(check)
    check()
  })
}

function current(store: AgentStore): AgentSession {
  const session = store.getSession('demo')
  if (session === undefined) throw new Error('The project has a session by now.')
  return session
}

const shown = (session: AgentSession) =>
  session.messages.map(({ role, content, toolName, toolState }) => [role, toolName, toolState, content].filter(Boolean).join(' · '))

describe('one session, from the agent program to a window and to disk', () => {
  test('a story streams into the database and the mirror alike, and comes back after a restart', async () => {
    const store = owner()
    const window = await mirror(store)
    expect(await window.start('demo', { provider: 'example', prompt: 'story 60', cwd: folder })).toMatchObject({ ok: true })
    const [owned, mirrored] = [current(store), current(window)]
    await until(mirrored, () => mirrored.status === 'done')
    expect(mirrored.messages).toEqual(owned.messages)
    expect(mirrored.messages.map(({ seqId }) => seqId)).toEqual(mirrored.messages.map((_, index) => index + 1))
    expect(mirrored.lastMessage?.content.split(/\s+/).length).toBeGreaterThanOrEqual(60)
    expect(mirrored.costUsd).toBeGreaterThan(0)
    await store.flush()
    const before = [...owned.messages]
    await store.dispose()

    const again = owner()
    expect(await again.restore('demo')).toMatchObject({ outcome: 'restored', sessionId: owned.sessionId })
    expect(current(again).messages).toEqual(before)
    expect(await again.prompt('demo', 'recall')).toMatchObject({ ok: true })
    await until(current(again), () => current(again).status === 'done')
    // The agent was resumed by its own id: it remembers what was asked before.
    expect(current(again).lastMessage?.content).toContain('story 60')
    expect(current(again).continuity).toBeUndefined()
  })

  test('a question is asked in the window, answered there, and the tool then truly runs', async () => {
    const store = owner()
    const window = await mirror(store)
    await window.start('demo', { provider: 'example', prompt: 'run echo it-ran', cwd: folder })
    const session = current(window)
    await until(session, () => session.permissions.some(({ state }) => state === 'pending'))
    const question = session.permissions[0]
    const allow = question?.options.find(({ kind }) => kind === 'allow_once')
    expect(await session.respond(question?.id ?? '', { optionId: allow?.id ?? '' })).toEqual({ ok: true })
    expect(await session.respond(question?.id ?? '', { optionId: allow?.id ?? '' })).toMatchObject({ code: 'permission-not-pending' })
    await until(session, () => session.status === 'done')
    expect(shown(session).some((line) => line.startsWith('tool-result') && line.includes('it-ran'))).toBe(true)
    expect(session.messages.find(({ role }) => role === 'tool-call')?.toolState).toBe('done')
  })

  test('T1 a stop in the middle of a story ends it for good, and what came is marked as cut', async () => {
    const store = owner()
    await store.start('demo', { provider: 'example', prompt: 'story 5000', cwd: folder })
    const session = current(store)
    await until(session, () => (session.lastMessage?.role === 'assistant' ? session.lastMessage.content.length > 40 : false))
    expect(await store.stop('demo')).toEqual({ ok: true })
    expect(session).toMatchObject({ status: 'done', endReason: 'stopped', live: false })
    expect(session.lastMessage).toMatchObject({ cut: true })
    expect(session.lastMessage?.streaming).toBeUndefined()
  })

  test('an agent that crashes ends the run in a clear error, and the next prompt goes on in the same session', async () => {
    const store = owner()
    await store.start('demo', { provider: 'example', prompt: 'crash', cwd: folder })
    const session = current(store)
    await until(session, () => session.status === 'error')
    expect(session.error).toMatch(/3/)
    expect(await session.prompt('recall')).toMatchObject({ ok: true })
    await until(session, () => session.status === 'done')
    expect(session.error).toBeUndefined()
    expect(session.lastMessage?.content).toContain('crash')
  })

  test('an agent that nobody has configured is refused by name', async () => {
    const store = owner()
    const refused = await store.start('demo', { provider: 'nobody', prompt: 'hello', cwd: folder })
    expect(refused).toMatchObject({ ok: false, code: 'agent-not-found' })
    expect(current(store)).toMatchObject({ status: 'error', live: false })
    expect(current(store).messages[0]?.delivery).toBe('failed')
  })
})

describe('prompts while the agent works', () => {
  test('wait their turn, and go out one after the other', async () => {
    const store = owner()
    // It works until its question is answered.
    await store.start('demo', { provider: 'example', prompt: 'run echo it-ran', cwd: folder })
    const session = current(store)
    await until(session, () => session.permissions.some(({ state }) => state === 'pending'))
    expect(await store.prompt('demo', 'think')).toMatchObject({ ok: true, queued: true })
    expect(await store.prompt('demo', 'list files')).toMatchObject({ ok: true, queued: true })
    expect(session.queue.map(({ prompt }) => prompt)).toEqual(['think', 'list files'])
    const [question] = session.permissions
    const allow = question?.options.find(({ kind }) => kind === 'allow_once')
    expect(await session.respond(question?.id ?? '', { optionId: allow?.id ?? '' })).toEqual({ ok: true })
    await until(session, () => session.queue.length === 0 && session.status === 'done')
    expect(session.messages.filter(({ role }) => role === 'user').map(({ content, delivery }) => [content, delivery])).toEqual([
      ['run echo it-ran', 'sent'],
      ['think', 'sent'],
      ['list files', 'sent'],
    ])
  })
})
