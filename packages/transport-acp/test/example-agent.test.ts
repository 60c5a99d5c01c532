import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createAgentStore, createMemoryStorage, type AgentEvent, type AgentSession, type PermissionEvent } from '@agent-session/core'
import { afterEach, describe, expect, it } from 'vitest'
import { createAcpTransport } from '../src/index.ts'
import { stdioAgents } from '../src/stdio/index.ts'
import { createRig, exampleAgent, newFolder, type Rig } from './agents.ts'

const rigs: Rig[] = []
const rig = (...args: Parameters<typeof createRig>): Rig => {
  const made = createRig(...args)
  rigs.push(made)
  return made
}

afterEach(async () => {
  await Promise.all(rigs.splice(0).map(({ transport }) => transport.close()))
})

const isQuestion = (event: AgentEvent): event is PermissionEvent => event.type === 'permission'

describe('the example agent', () => {
  it('opens a session, answers, and goes on in the same process', async () => {
    const { start, prompt, heard } = rig(exampleAgent(newFolder()))
    expect(await start('r1', 'read README.md')).toEqual({ ok: true })
    expect(await heard.end('r1')).toMatchObject({ status: 'done', reason: 'completed' })
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'session', agentSessionId: expect.any(String) }))
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'session', mode: 'ask', modes: [expect.objectContaining({ id: 'ask', label: 'Ask' }), expect.anything()] }))
    await prompt('r2', 'recall')
    await heard.end('r2')
    expect(heard.said('r2')).toContain('read README.md')
    expect(heard.all.filter((event) => event.type === 'session' && event.agentSessionId !== undefined).length).toBe(1)
    expect(heard.all.every((event) => event.type === 'connection' || event.run === 'r1' || event.run === 'r2')).toBe(true)
  })

  it('asks before it writes: allowed, rejected, and only once', async () => {
    const sandbox = newFolder()
    const { start, prompt, heard, transport } = rig(exampleAgent(sandbox))
    await start('r1', 'write note.txt: hello')
    const { request } = await heard.until(isQuestion)
    expect(request).toMatchObject({ id: 'r1/permission-1', title: 'Write note.txt', input: { path: 'note.txt', content: 'hello' } })
    const answer = (requestId: string, optionId: string, more = {}) => transport.respond({ sessionId: 'session', requestId, optionId, ...more })
    expect(await answer(request.id, 'no-such-option')).toMatchObject({ ok: false, code: 'permission-option-unknown' })
    expect(await answer('r1/permission-2', 'allow-once')).toMatchObject({ ok: false, code: 'permission-not-pending' })
    expect(await answer(request.id, 'allow-once', { input: { path: '/etc/passwd' } })).toMatchObject({ ok: false, code: 'not-supported' })
    expect(await answer(request.id, 'allow-once')).toEqual({ ok: true })
    expect(await answer(request.id, 'allow-once')).toMatchObject({ ok: false, code: 'permission-not-pending' })
    await heard.end('r1')
    expect(readFileSync(path.join(sandbox, 'note.txt'), 'utf8')).toBe('hello')
    await prompt('r2', 'write other.txt: hello')
    const second = await heard.until((event): event is PermissionEvent => isQuestion(event) && event.run === 'r2')
    expect(second.request.id).toBe('r2/permission-1')
    await answer(second.request.id, 'reject-once')
    await heard.end('r2')
    expect(existsSync(path.join(sandbox, 'other.txt'))).toBe(false)
    expect(heard.all.filter(({ type }) => type === 'permission-settled')).toEqual([
      expect.objectContaining({ requestId: 'r1/permission-1', outcome: 'selected', optionId: 'allow-once' }),
      expect.objectContaining({ requestId: 'r2/permission-1', outcome: 'selected', optionId: 'reject-once' }),
    ])
  })

  it('is stopped in the middle of a story, and goes on with the next prompt', async () => {
    const { start, prompt, stop, heard } = rig(exampleAgent(newFolder(), { paceMs: 5 }))
    await start('r1', 'story')
    await heard.until((event) => event.type === 'delta')
    expect(await stop('r1')).toEqual({ ok: true })
    expect(await heard.end('r1')).toMatchObject({ status: 'done', reason: 'stopped' })
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'message-end', cut: true }))
    expect(await stop('r1')).toEqual({ ok: true })
    expect(await prompt('r2', 'list')).toEqual({ ok: true })
    expect(await heard.end('r2')).toMatchObject({ reason: 'completed' })
  })

  it('is stopped while it asks: the question is cancelled', async () => {
    const { start, stop, heard } = rig(exampleAgent(newFolder()))
    await start('r1', 'run ls')
    await heard.until(isQuestion)
    expect(await stop('r1')).toEqual({ ok: true })
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'permission-settled', outcome: 'cancelled' }))
    expect(await heard.end('r1')).toMatchObject({ reason: 'stopped' })
  })

  it('fails: the error is the run\'s, and what was said before it stays', async () => {
    const { start, heard } = rig(exampleAgent(newFolder()))
    await start('r1', 'fail')
    expect(await heard.end('r1')).toMatchObject({ status: 'error', error: 'The example agent failed, because the order was to fail.' })
    expect(heard.said('r1')).toBe('I try it, and')
    expect(heard.all.filter(({ type }) => type === 'retract')).toEqual([])
  })

  it('crashes: the error has its exit code and its last words; a prompt starts it again and it remembers', async () => {
    const { start, prompt, heard } = rig(exampleAgent(newFolder()))
    await start('r1', 'crash')
    expect(await heard.end('r1')).toMatchObject({
      status: 'error',
      error: 'The agent "agent" ended with exit code 3. It last wrote: example-agent: crashed in the middle of a sentence, because the order was to crash',
    })
    expect(await prompt('r2', 'recall')).toEqual({ ok: true })
    await heard.end('r2')
    expect(heard.said('r2')).toContain('crash')
    expect(heard.all.filter((event) => event.type === 'session' && event.restarted)).toEqual([])
  })

  it('takes up its mode from the start and from configure', async () => {
    const { start, heard, transport } = rig(exampleAgent(newFolder()))
    await start('r1', 'mode', { permissionMode: 'auto' })
    await heard.end('r1')
    expect(heard.said('r1')).toContain('auto')
    expect(await transport.configure({ sessionId: 'session', mode: 'ask' })).toEqual({ ok: true })
    expect(heard.all.findLast((event) => event.type === 'session' && event.mode !== undefined)).toMatchObject({ mode: 'ask' })
    expect(await transport.configure({ sessionId: 'session', mode: 'yolo' })).toEqual({ ok: false, code: 'invalid-argument', error: 'The agent "agent" has no mode "yolo"; it has ask, auto' })
    expect(await transport.configure({ sessionId: 'session', model: 'big' })).toMatchObject({ ok: false, code: 'not-supported' })
  })

  it('goes on in another process of ours, by the agent\'s id alone', async () => {
    const sandbox = newFolder()
    const before = rig(exampleAgent(sandbox))
    await before.start('r1', 'think about the sea')
    await before.heard.end('r1')
    const opened = await before.heard.until((event) => event.type === 'session' && event.agentSessionId !== undefined)
    const agentSessionId = opened.type === 'session' ? (opened.agentSessionId ?? '') : ''
    await before.transport.close()

    const after = rig(exampleAgent(sandbox))
    expect(await after.prompt('r2', 'recall', { agentSessionId })).toEqual({ ok: true })
    await after.heard.end('r2')
    expect(after.heard.said('r2')).toContain('think about the sea')
    // We hold the transcript, so it was not told again.
    expect(after.heard.all.filter(({ type }) => type === 'history')).toEqual([])

    const imported = rig(exampleAgent(sandbox))
    await imported.start('r3', 'recall', { agentSessionId })
    const history = await imported.heard.until((event) => event.type === 'history')
    const live = before.heard.all.flatMap((event) => (event.type === 'delta' ? [event.id] : []))
    const told = history.type === 'history' ? history.messages : []
    expect(told.map(({ type }) => type).slice(0, 3)).toEqual(['user', 'thinking', 'text'])
    expect(told.map(({ id }) => id)).toEqual(expect.arrayContaining([...new Set(live)]))
  })

  it('lists what it remembers of the folder', async () => {
    const { start, heard, transport } = rig(exampleAgent(newFolder()))
    await start('r1', 'list')
    await heard.end('r1')
    expect(await transport.list('project')).toEqual([expect.objectContaining({ title: 'list', updatedAt: expect.any(Number), cwd: process.cwd() })])
    expect(await transport.list('another project')).toEqual([])
  })
})

describe('the whole route', () => {
  const storeOn = (sandbox: string, storage = createMemoryStorage(), paceMs = 0) =>
    createAgentStore({ transport: createAcpTransport({ connect: stdioAgents({ agents: { agent: exampleAgent(sandbox, { paceMs }) } }) }), storage })

  const until = (session: AgentSession, isSo: (session: AgentSession) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!isSo(session)) return
        unsubscribe()
        resolve()
      }
      const unsubscribe = session.subscribe(look)
      look()
    })

  it('a tool with permission, through a store', async () => {
    const store = storeOn(newFolder())
    await store.start('project', { provider: 'agent', prompt: 'run echo one; echo two' })
    const session = store.getSession('project')
    if (session === undefined) throw new Error('no session')
    await until(session, ({ permissions }) => permissions[0]?.state === 'pending')
    expect(await session.respond(session.permissions[0]?.id ?? '', { optionId: 'allow-once' })).toEqual({ ok: true })
    await until(session, ({ live }) => !live)
    expect(session).toMatchObject({ status: 'done', endReason: 'completed', mode: 'ask' })
    expect(session.costUsd).toBeGreaterThan(0)
    expect(session.inputTokens).toBeGreaterThan(0)
    expect(session.messages.map(({ role, content, toolState }) => [role, content, toolState])).toEqual([
      ['user', 'run echo one; echo two', undefined],
      ['tool-call', expect.stringContaining('echo one'), 'done'],
      ['tool-result', 'one\ntwo\n', undefined],
      ['assistant', 'The command ended with exit code 0.', undefined],
    ])
    await store.dispose()
  })

  it('a session that is imported shows what was said before the prompt that goes on with it, also when it is read again', async () => {
    const sandbox = newFolder()
    const first = storeOn(sandbox)
    await first.start('project', { provider: 'agent', prompt: 'list' })
    const before = first.getSession('project')
    if (before === undefined) throw new Error('no session')
    await until(before, ({ live }) => !live)
    const { agentSessionId = '' } = before
    const told = before.messages.map(({ role, content }) => [role, content])
    await first.dispose()

    const storage = Object.assign(Object.create(createMemoryStorage()), { close: async () => {} })
    const second = storeOn(sandbox, storage)
    await second.start('project', { provider: 'agent', prompt: 'recall', agentSessionId })
    const imported = second.getSession('project')
    if (imported === undefined) throw new Error('no session')
    expect(imported.messages.map(({ content }) => content)).toEqual(expect.arrayContaining(['recall']))
    await until(imported, ({ live }) => !live)
    const shown = imported.messages.map(({ role, content }) => [role, content])
    expect(shown.slice(0, told.length + 1)).toEqual([...told, ['user', 'recall']])
    expect(imported.messages[told.length]).toMatchObject({ delivery: 'sent' })
    await second.dispose()

    const third = storeOn(sandbox, storage)
    await third.restore('project')
    expect(third.getSession('project')?.messages.map(({ role, content }) => [role, content])).toEqual(shown)
    await third.dispose()
  })

  it('an agent that is not there ends the session in an error that says so', async () => {
    const store = createAgentStore({ transport: createAcpTransport({ connect: stdioAgents({ agents: {} }) }) })
    expect(await store.start('project', { provider: 'claude', prompt: 'hi' })).toMatchObject({ ok: false })
    expect(store.getSession('project')).toMatchObject({ status: 'error', error: expect.stringContaining('No agent is named "claude" here; none is configured') })
    await store.dispose()
  })
})
