import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createManualClock } from '@agent-session/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { type AgentProcess, agentPrograms, type AgentProgramsOptions, findProgram, jsonLines, MalformedLine } from '../src/index.ts'
import { isAlive } from '../../../test/is-alive.ts'

const echoing = fileURLToPath(new URL('./echoing-program.mjs', import.meta.url))
const ownerFile = fileURLToPath(new URL('./owner.mjs', import.meta.url))
const onWindows = process.platform === 'win32'
const running: AgentProcess<object>[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((agent) => agent.kill()))
})

/** A program under the name `echo`, and what it writes. */
async function start(args: readonly string[] | ((cwd: string) => readonly string[]) = [], { provider = 'echo', cwd = '/', env = {}, ...options }: Partial<AgentProgramsOptions> & { provider?: string; env?: Record<string, string> } = {}) {
  const program = { command: process.execPath, args: [echoing], env: { NOTE: 'of the host' }, install: 'npm install -g echo' }
  const agent = await agentPrograms({ agents: { echo: program }, ...options }, jsonLines)({ provider, sessionId: 'session', cwd, env }, args)
  running.push(agent)
  const reader = agent.stream.readable.getReader()
  return { agent, next: async (): Promise<unknown> => (await reader.read()).value }
}

describe('a program of the host', () => {
  it('is started with its arguments, those of the caller, and its variables', async () => {
    const { agent, next } = await start((cwd) => ['--in', cwd])
    expect(await next()).toMatchObject({ args: ['--in', '/'], note: 'of the host' })
    expect(agent.cwd).toBe('/')
    const other = await start([], { env: { NOTE: 'of the session' } })
    expect(await other.next()).toMatchObject({ note: 'of the session' })
  })

  it('reads messages, or one text to its end, and tells how it ended', async () => {
    const { agent, next } = await start()
    await next()
    const writer = agent.stream.writable.getWriter()
    await writer.write({ id: 1 })
    expect(await next()).toEqual({ heard: '{"id":1}' })
    writer.releaseLock()
    agent.writeAll('one\ntwo')
    expect([await next(), await next(), await next()]).toEqual([{ heard: 'one' }, { heard: 'two' }, undefined])
    expect(await agent.ended).toEqual({ words: 'ended with exit code 0', exitCode: 0 })
  })

  it('that fails tells its code and its last words, without colours', async () => {
    const { agent } = await start(['fails'])
    expect(await agent.ended).toEqual({ words: 'ended with exit code 4. It last wrote: no moon tonight', exitCode: 4 })
  })

  it('that is named by nobody, not installed, or to work in no folder, is an error that says what to do', async () => {
    await expect(start([], { provider: 'moon' })).rejects.toMatchObject({ code: 'agent-not-found', message: 'No agent is named "moon" here; there are echo' })
    await expect(start([], { provider: 'constructor' })).rejects.toMatchObject({ code: 'agent-not-found' })
    const agents = { echo: { command: 'no-such-program', install: 'npm install -g no-such-program' } }
    await expect(start([], { agents })).rejects.toMatchObject({ code: 'agent-not-found', message: expect.stringContaining('Install it: npm install -g no-such-program') })
    await expect(start([], { cwd: '/no/such/folder' })).rejects.toMatchObject({ code: 'invalid-argument', message: 'The folder /no/such/folder is not there' })
  })

  it('is found on PATH, or by its path, where it may be run', () => {
    const env = { PATH: '/no/such/folder:/bin' }
    expect(findProgram('sh', env, '/')).toBe('/bin/sh')
    expect(findProgram('./bin/sh', env, '/')).toBe('/bin/sh')
    expect(findProgram('/etc/passwd', env, '/')).toBeUndefined()
    expect(findProgram('no-such-program', env, '/')).toBeUndefined()
  })
})

describe.skipIf(onWindows)('a program that does not listen', () => {
  it('is asked to leave off, then to end, then killed', async () => {
    const clock = createManualClock()
    const { agent, next } = await start(['ignores-hints'], { clock, killAfterMs: 1_000 })
    const { pid } = Object(await next())
    agent.interrupt()
    expect(await next()).toEqual({ signal: 'SIGINT' })
    const killed = agent.kill()
    expect(await next()).toEqual({ signal: 'SIGTERM' })
    expect(isAlive(pid)).toBe(true)
    await clock.advance(1_000)
    await killed
    expect((await agent.ended).words).toBe('was ended by the signal SIGKILL')
    await agent.kill()
    expect(clock.pending).toBe(0)
  })

  it.each(['ends by itself', 'is ended'])('and leaves something that holds its pipes open, which is not waited for: it %s', async (how) => {
    const clock = createManualClock()
    const { agent, next } = await start(['leaves-another'], { clock })
    const { other, pid } = Object(await next())
    try {
      if (how === 'is ended') void agent.kill()
      else agent.writeAll('bye')
      if (how !== 'is ended') expect(await next()).toEqual({ heard: 'bye' })
      const end = { isThere: false }
      void agent.ended.then(() => (end.isThere = true))
      // The system tells of its end whenever it likes; from then on there is one look for what still comes, and one that nothing did.
      while (!end.isThere) {
        await new Promise((resolve) => setImmediate(resolve))
        if (!isAlive(pid)) await clock.advance(500)
      }
      expect(await next()).toBeUndefined()
      expect((await agent.ended).words).toMatch(/^(ended with exit code 0|was ended by the signal SIGTERM)$/)
      expect(clock.pending).toBe(0)
    } finally {
      process.kill(other, 'SIGKILL')
    }
  })

  it('does not outlive an owner that is killed with -9 after it asked', async () => {
    const owner = spawn(process.execPath, ['--conditions=agent-session-source', ownerFile, echoing, 'ignores-hints'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [said] = await once(owner.stdout, 'data')
    const pid = Number(String(said))
    expect(isAlive(pid)).toBe(true)
    owner.kill('SIGKILL')
    while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve))
  })

  it('nor writes messages is read no further', async () => {
    const { agent } = await start()
    running.splice(0)
    const lines = await agentPrograms({ agents: { echo: { command: '/bin/sh', args: ['-c', 'echo hello; sleep 100'] } } }, jsonLines)({ provider: 'echo', sessionId: 's', cwd: '/', env: {} })
    await expect(lines.stream.readable.getReader().read()).rejects.toThrow(MalformedLine)
    await Promise.all([lines.kill(), agent.kill()])
  })
})
