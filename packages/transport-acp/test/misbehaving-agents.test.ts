import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createManualClock } from '@agent-session/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { createRig, misbehaving, newFolder, type Rig } from './agents.ts'
import { isAlive } from '../../../test/is-alive.ts'

const rigs: Rig[] = []
const rig = (...args: Parameters<typeof createRig>): Rig => {
  const made = createRig(...args)
  rigs.push(made)
  return made
}

afterEach(async () => {
  await Promise.all(rigs.splice(0).map(({ transport }) => transport.close()))
})

describe('an agent that cannot be started', () => {
  it('is not configured', async () => {
    const { start } = rig(misbehaving('well'))
    expect(await start('r', 'hi', { provider: 'gpt' })).toEqual({ ok: false, code: 'agent-not-found', error: 'No agent is named "gpt" here; there are agent' })
    expect(await start('r', 'hi', { provider: 'constructor' })).toMatchObject({ ok: false, code: 'agent-not-found' })
  })

  it('is not installed: the reply says what to do', async () => {
    const { start } = rig({ command: 'no-such-agent-acp', install: 'npm install -g no-such-agent-acp' })
    expect(await start('r', 'hi')).toEqual({
      ok: false,
      code: 'agent-not-found',
      error: 'The program of the agent "agent" was not found: no-such-agent-acp. Install it: npm install -g no-such-agent-acp',
    })
  })

  it('has a folder that is not there', async () => {
    const { start } = rig(misbehaving('well'))
    expect(await start('r', 'hi', { cwd: '/no/such/folder' })).toMatchObject({ ok: false, code: 'invalid-argument', error: 'The folder /no/such/folder is not there' })
  })

  it('exits at once: the reply has its code and its last words, without colours', async () => {
    const { start, heard } = rig(misbehaving('exits-at-once'))
    expect(await start('r', 'hi')).toEqual({
      ok: false,
      code: 'agent-exited',
      error: 'The agent "agent" ended with exit code 7. It last wrote: no configuration found',
    })
    expect(heard.all).toEqual([])
  })

  it.each([
    ['refuses', 'The agent "agent" refused to start: Internal error: the moon is wrong'],
    ['old', 'The agent "agent" speaks version 0 of the Agent Client Protocol; this needs version 1. Install another version of it.'],
    ['wants-login', 'The agent "agent" wants you to log in first (Log in with Moon). Log in with its own program, then try again.'],
    ['no-session-id', 'The agent "agent" opened a session without an id'],
  ])('%s', async (way, error) => {
    const pidFile = path.join(newFolder(), 'pid')
    const { start } = rig(misbehaving(way, pidFile))
    expect(await start('r', 'hi')).toEqual({ ok: false, code: way === 'wants-login' ? 'login-required' : 'agent-protocol', error })
    expect(isAlive(Number(readFileSync(pidFile, 'utf8')))).toBe(false)
  })

  it('is ready, and does not take what it is asked: it does not stay either', async () => {
    const pidFile = path.join(newFolder(), 'pid')
    const { start } = rig(misbehaving('well', pidFile))
    expect(await start('r', '', { prompt: [{ type: 'image', mimeType: 'image/png', data: 'AAAA' }] })).toMatchObject({ ok: false })
    expect(isAlive(Number(readFileSync(pidFile, 'utf8')))).toBe(false)
  })

  it('never answers: the handshake has a limit of its own, and the process goes', async () => {
    const clock = createManualClock()
    const pidFile = path.join(newFolder(), 'pid')
    const { start } = rig(misbehaving('silent', pidFile), { clock, handshakeMs: 30_000 })
    const reply = start('r', 'hi')
    await untilWritten(pidFile)
    await clock.advance(30_000)
    expect(await reply).toMatchObject({ ok: false, code: 'agent-protocol', error: expect.stringContaining('was not ready within 30 s') })
    expect(isAlive(Number(readFileSync(pidFile, 'utf8')))).toBe(false)
  })

  it('never answers, and is stopped', async () => {
    const pidFile = path.join(newFolder(), 'pid')
    const { start, stop } = rig(misbehaving('silent', pidFile), { clock: createManualClock() })
    const reply = start('r', 'hi')
    await untilWritten(pidFile)
    expect(await stop('r')).toEqual({ ok: true })
    expect(await reply).toMatchObject({ ok: false, error: 'Stopped before it began' })
    expect(isAlive(Number(readFileSync(pidFile, 'utf8')))).toBe(false)
  })
})

describe('an agent that goes wrong in the middle', () => {
  it.each([
    ['garbage', 'The agent "agent" sent a line that is no JSON: "Segmentation fault (core dumped)". It was ended.'],
    ['not-rpc', 'The agent "agent" sent a line that is no JSON-RPC message: "{\\"hello\\":\\"world\\"}". It was ended.'],
    ['dies', 'The agent "agent" was ended by the signal SIGKILL'],
    ['closes-output', 'The agent "agent" ended with exit code 0'],
  ])('%s: the run ends in an error that says it, and the process is gone', async (way, error) => {
    const pidFile = path.join(newFolder(), 'pid')
    const { start, heard, prompt } = rig(misbehaving(way, pidFile))
    expect(await start('r', 'hi')).toEqual({ ok: true })
    expect(await heard.end('r')).toMatchObject({ status: 'error', error, run: 'r', sessionId: 'session' })
    expect(isAlive(Number(readFileSync(pidFile, 'utf8')))).toBe(false)
    // It remembers nothing, so the next prompt begins anew and says so.
    expect(await prompt('r2', 'again')).toEqual({ ok: true })
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'session', restarted: true, run: 'r2' }))
  })

  it('a line without end is cut short', async () => {
    const { start, heard } = rig(misbehaving('endless-line'), { mostLineBytes: 1024 * 1024 })
    await start('r', 'hi')
    const { error = '' } = await heard.end('r')
    expect(error).toContain('a line of more than 1048576 bytes: "xxx')
    expect(error.length).toBeLessThan(500)
  })

  it('floods: everything comes, in its order', async () => {
    const { start, heard } = rig(misbehaving('floods'))
    await start('r', 'hi')
    expect(await heard.end('r')).toMatchObject({ status: 'done', reason: 'completed' })
    expect(heard.said('r')).toBe(Array.from({ length: 20_000 }, (_, count) => `${count} `).join(''))
  })

  it('floods for ever and hears nothing: a stop is heard in the middle of it, and ends it', async () => {
    const pidFile = path.join(newFolder(), 'pid')
    const { start, stop, heard } = rig(misbehaving('floods-for-ever', pidFile), { killAfterMs: 200 })
    await start('r', 'hi')
    await heard.until(() => heard.all.length > 1_000)
    expect(await stop('r')).toEqual({ ok: true })
    expect(await heard.end('r')).toMatchObject({ status: 'done', reason: 'stopped' })
    expect(isAlive(Number(readFileSync(pidFile, 'utf8')))).toBe(false)
    const before = heard.all.length
    await new Promise((resolve) => setImmediate(resolve))
    expect(heard.all.length).toBe(before)
  })

  it('asks more than anybody can answer: the rest is cancelled', async () => {
    const { start, heard, transport } = rig(misbehaving('asks-for-ever'))
    await start('r', 'hi')
    const settled = (): number => heard.all.filter(({ type }) => type === 'permission-settled').length
    await heard.until(() => settled() === 200)
    const asked = heard.all.filter(({ type }) => type === 'permission').length
    expect(asked).toBe(300)
    const before = heard.all.length
    await transport.close()
    // Whoever closes it hears nothing more: the run was neither stopped nor did it fail.
    expect(heard.all.length).toBe(before)
  })

  it('waits for the answer to its question: a stop gives it', async () => {
    const { start, stop, heard } = rig(misbehaving('waits-for-its-answer'), { clock: createManualClock() })
    await start('r', 'hi')
    await heard.until(({ type }) => type === 'permission')
    expect(await stop('r')).toEqual({ ok: true })
    expect(heard.all).toContainEqual(expect.objectContaining({ type: 'permission-settled', outcome: 'cancelled' }))
  })

  it('odd messages are reported, and harm nothing', async () => {
    const { start, heard } = rig(misbehaving('odd'))
    await start('r', 'hi')
    expect(await heard.end('r')).toMatchObject({ status: 'done' })
    const messages = heard.all.flatMap((event) => (event.type === 'message' ? event.messages : []))
    expect(messages.filter(({ type }) => type === 'unknown').map(({ content }) => JSON.stringify(content).slice(0, 90))).toEqual([
      expect.stringContaining('quantum_update'),
      expect.stringContaining('no id'),
      expect.stringContaining('null'),
      expect.stringContaining('agent_message_chunk'),
      expect.stringContaining('another session'),
      expect.stringContaining('nobody asked'),
      expect.stringContaining('fs/read_text_file'),
    ])
    const call = messages.find(({ type }) => type === 'tool_call')
    expect(call?.content).toEqual({ name: 'Read', input: { path: 'a.txt' }, toolCallId: 'call-of-some-length-1' })
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
    expect(heard.said('r')).toBe('done')
  })

  it('ignores a stop and the end of its input: it is killed, and the stop is agreed to', async () => {
    const clock = createManualClock()
    const pidFile = path.join(newFolder(), 'pid')
    const { start, heard, stop } = rig(misbehaving('deaf', pidFile), { clock, killAfterMs: 4_000 })
    await start('r', 'hi')
    await heard.until((event) => event.type === 'delta')
    const pid = Number(readFileSync(pidFile, 'utf8'))
    const stopped = stop('r')
    await clock.advance(3_999)
    expect(isAlive(pid)).toBe(true)
    // Then it is asked to end, and 2 s later it is made to.
    await clock.advance(1)
    await clock.advance(1_999)
    expect(isAlive(pid)).toBe(true)
    await clock.advance(1)
    expect(await stopped).toEqual({ ok: true })
    expect(isAlive(pid)).toBe(false)
    expect(await heard.end('r')).toMatchObject({ status: 'done', reason: 'stopped' })
  })
})

/** Resolves when an agent has written its process id; its file is polled by the event loop itself, no time is waited. */
async function untilWritten(file: string): Promise<void> {
  for (;;) {
    try {
      if (readFileSync(file, 'utf8') !== '') return
    } catch {
      // not yet
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}
