import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createAgentStore, type AgentSession, systemClock } from '@agent-session/core'
import { transportRegistry } from '@agent-session/core/registry'
import { describe, expect, it, onTestFinished } from 'vitest'
import { claudeProvider, type ClaudeProviderOptions } from '../src/index.ts'
import { FakeClaude, scenes } from './fake-claude.ts'

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'claude-provider-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

const put = (file: string, text = ''): string => {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

const sdk = '@anthropic-ai/claude-agent-sdk'
const machine = `${process.platform}-${process.arch}`
const program = process.platform === 'win32' ? 'claude.exe' : 'claude'
const manifest = JSON.stringify({ name: sdk, version: '0.3.329' })
const install = `npm install ${sdk}`

const probe = (options: ClaudeProviderOptions) => claudeProvider(options).probe?.({ name: 'claude', clock: systemClock, withdrawn: new Promise(() => {}) })

describe('B26 a look at Claude Code', () => {
  it('says that the SDK is not installed, and what to install', async () => {
    expect(await probe({ modules: [folder()] })).toEqual({ usable: false, code: 'not-installed', message: 'The Claude Agent SDK was not found', install })
  })

  it('finds SDK and program, and tells the version without loading anything', async () => {
    const modules = folder()
    put(path.join(modules, sdk, 'package.json'), manifest)
    put(path.join(modules, sdk, 'sdk.mjs'), 'throw new Error("It was loaded")')
    expect(await probe({ modules: [folder(), modules] })).toEqual({ usable: false, code: 'not-installed', message: expect.stringContaining('without the program'), install: `${install} --include=optional` })
    const own = put(path.join(folder(), 'my-claude'))
    expect(await probe({ modules: [modules], options: { pathToClaudeCodeExecutable: own } })).toEqual({ usable: true, version: '0.3.329' })
    put(path.join(modules, `${sdk}-${machine}`, program))
    expect(await probe({ modules: [modules] })).toEqual({ usable: true, version: '0.3.329' })
    expect(await probe({ modules: [modules], options: { pathToClaudeCodeExecutable: `${own}-gone` } })).toEqual({ usable: false, code: 'not-installed', message: `The program of Claude Code was not found: ${own}-gone` })
  })

  it('finds the program where a package manager links the SDK to; an older one has it inside; a damaged manifest has no version', async () => {
    const [store, modules] = [folder(), folder()]
    put(path.join(store, sdk, 'package.json'), manifest)
    put(path.join(store, `${sdk}-${machine}-musl`, program))
    mkdirSync(path.join(modules, '@anthropic-ai'))
    symlinkSync(path.join(store, sdk), path.join(modules, sdk), 'dir')
    expect(await probe({ modules: [modules] })).toEqual({ usable: true, version: '0.3.329' })
    const older = folder()
    put(path.join(older, sdk, 'package.json'), '{ "ver')
    put(path.join(older, sdk, 'cli.js'))
    expect(await probe({ modules: [older] })).toEqual({ usable: true })
  })

  it('tries a way to it that the host gives; what fails is told, and one that hangs is let go of', async () => {
    expect(await probe({ sdk: new FakeClaude(scenes.answers) })).toEqual({ usable: true })
    expect(await probe({ sdk: async () => new FakeClaude(scenes.answers) })).toEqual({ usable: true })
    const registry = transportRegistry({ claude: claudeProvider({ sdk: () => Promise.reject(new Error('No SDK here')) }) })
    expect(await registry.providers()).toEqual([{ name: 'claude', title: 'Claude Code', usable: false, code: 'failed', message: 'No SDK here' }])
    const withdrawn = Promise.resolve()
    expect(await claudeProvider({ sdk: () => new Promise(() => {}) }).probe?.({ name: 'claude', clock: systemClock, withdrawn })).toMatchObject({ usable: false, code: 'timeout' })
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

describe('Claude Code in a registry, through a store', () => {
  it('forks and forgets; what it has on disk is listed and taken up', async () => {
    const fake = new FakeClaude(scenes.answers)
    const store = createAgentStore({ transport: transportRegistry({ claude: claudeProvider({ sdk: fake, env: {} }) }) })
    await store.start('project', { provider: 'claude', prompt: 'Hello', cwd: tmpdir() })
    const session = store.getSession('project') ?? expect.fail('no session')
    await ended(session)
    const { agentSessionId = '' } = session
    fake.disk.set(agentSessionId, [])
    expect(session.abilities).toMatchObject({ fork: true, forget: true })

    await session.fork()
    const fork = store.getSession('project') ?? expect.fail('no fork')
    expect(fork.agentSessionId).toBe(`${agentSessionId}-copy`)
    expect(fork.messages.map(({ content }) => content)).toEqual(session.messages.map(({ content }) => content))
    await fork.prompt('More')
    await ended(fork)
    expect(fake.started.at(-1)).toMatchObject({ resume: `${agentSessionId}-copy` })

    expect(await store.listForeignSessions('project', { provider: 'claude', cwd: tmpdir() })).toMatchObject([{ provider: 'claude', agentSessionId }, { agentSessionId: `${agentSessionId}-copy` }])
    expect(await store.purge(fork.sessionId, { forget: true })).toEqual({ ok: true })
    expect([...fake.disk.keys()]).toEqual([agentSessionId])
    expect(await session.logIn('terminal')).toMatchObject({ ok: false, code: 'not-supported' })
    await store.dispose()
  })
})
