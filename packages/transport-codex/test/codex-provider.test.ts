import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAgentStore, type AgentSession, systemClock } from '@agent-session/core'
import { transportRegistry } from '@agent-session/core/registry'
import { describe, expect, it, onTestFinished } from 'vitest'
import { codexProvider, type CodexTransportOptions } from '../src/index.ts'

const program = fileURLToPath(new URL('./misbehaving-codex.mjs', import.meta.url))

/** A Codex of one line: what it answers when it is asked for its version and for its app-server. */
function codex(hasAppServer: boolean, version = 'codex-cli 0.169.0'): CodexTransportOptions {
  const script = `process.argv.includes('app-server') ? process.exit(${hasAppServer ? 0 : 2}) : console.log(${JSON.stringify(version)})`
  return { agents: { codex: { command: process.execPath, args: ['-e', script, '--'] } } }
}

const probe = (options: CodexTransportOptions, name = 'codex') => codexProvider(options).probe?.({ name, clock: systemClock, withdrawn: new Promise(() => {}) })

describe('B26 a look at Codex', () => {
  it('says that it is not installed, and what to install', async () => {
    expect(await probe({ env: { PATH: '/no/such/folder' } })).toEqual({
      usable: false,
      code: 'not-installed',
      message: 'The program of the agent "codex" was not found: codex',
      install: 'npm install -g @openai/codex',
    })
    expect(await probe(codex(true), 'other')).toMatchObject({ usable: false, message: 'No program is configured for the agent "other"' })
  })

  it('tells its version, and what it lacks where it has no app-server', async () => {
    expect(await probe(codex(true))).toEqual({ usable: true, version: '0.169.0' })
    expect(await probe(codex(false))).toEqual({ usable: true, version: '0.169.0', note: expect.stringMatching(/no app-server.*npm install -g @openai\/codex/) })
    expect(await probe({ ...codex(false), route: 'exec' })).toEqual({ usable: true, version: '0.169.0' })
    expect(await probe({ ...codex(false), route: 'app-server' })).toMatchObject({ usable: false, code: 'failed', install: 'npm install -g @openai/codex' })
  })
})

const ended = (session: AgentSession): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (session.live) return
      unsubscribe()
      resolve()
    }
    const unsubscribe = session.subscribe(look)
    look()
  })

it('Codex in a registry, through a store: forks, resumes the fork, forgets', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'codex-provider-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const registry = transportRegistry({ mine: codexProvider({ agents: { mine: { command: process.execPath, args: [program, 'steered', folder] } } }) })
  const store = createAgentStore({ transport: registry })
  expect(await store.start('project', { provider: 'mine', prompt: 'hi', worktreeName: 'w' })).toMatchObject({ ok: false, code: 'invalid-argument', error: expect.stringMatching(/"worktreeName".*It takes cwd, model/) })
  await store.start('project', { provider: 'mine', prompt: 'hi' })
  const session = store.getSession('project') ?? expect.fail('no session')
  await session.stop()
  await ended(session)
  expect(await session.fork()).toMatchObject({ ok: true })
  const fork = store.getSession('project') ?? expect.fail('no fork')
  expect(fork).toMatchObject({ agentSessionId: 'copy-0123456789abcdef', forkedFrom: session.sessionId })
  await fork.prompt('go on')
  await fork.stop()
  expect(await store.purge(fork.sessionId, { forget: true })).toEqual({ ok: true })
  const told = readFileSync(path.join(folder, 'told'), 'utf8')
  expect(told).toContain('"thread/resume"')
  expect(told).toMatch(/"thread\/delete".*copy-0123456789abcdef/)
  await store.dispose()
})
