import { systemClock } from '@agent-session/core'
import { createManualClock } from '@agent-session/core/testing'
import { transportRegistry } from '@agent-session/core/registry'
import { afterEach, describe, expect, it } from 'vitest'
import { ollamaProvider, type OllamaTransportOptions } from '../src/index.ts'
import { demoModel, scriptedServer, type Script } from './scripted-server.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const { close } of open.splice(0)) await close()
})

async function server(script: Partial<Script> = {}): Promise<string> {
  const made = await scriptedServer({ steps: [], ...script })
  open.push(made)
  return made.host
}

const never = new Promise<void>(() => {})
const probe = (options: OllamaTransportOptions, { clock = systemClock, withdrawn = never } = {}) => ollamaProvider(options).probe?.({ name: 'ollama', clock, withdrawn })

describe('B26 a look at an Ollama server', () => {
  it('tells its version and its models; a model that starts would take and is not there is said', async () => {
    const host = await server()
    const models = [{ id: 'demo:1b', label: 'demo:1b', description: '1.0B, Q4_K_M' }]
    expect(await probe({ host })).toEqual({ usable: true, version: '0.12.0', models })
    expect(await probe({ host, model: 'other' })).toEqual({ usable: true, version: '0.12.0', models, note: expect.stringContaining('ollama pull other') })
    expect(await probe({ host: await server({ models: [{ ...demoModel, model: 'other:latest' }] }), model: 'other' })).not.toHaveProperty('note')
  })

  it('says what to get where there is no model', async () => {
    const host = await server({ models: [] })
    expect(await probe({ host })).toEqual({ usable: false, code: 'not-installed', message: `The Ollama server at ${host} has no model yet`, install: 'ollama pull qwen3' })
  })

  it('says that no server answers, and where to get one', async () => {
    const host = await server()
    await open.pop()?.close()
    expect(await probe({ host })).toEqual({ usable: false, code: 'unreachable', message: expect.stringContaining(`No Ollama server answers at ${host}`), install: 'https://ollama.com/download' })
  })

  it('says that somebody has to log in, and what is no Ollama', async () => {
    const answering = (status: number, body: string) => async () => new Response(body, { status })
    expect(await probe({ fetch: answering(401, '{"error":"unauthorized"}') })).toMatchObject({ usable: false, code: 'not-logged-in', install: 'ollama signin' })
    expect(await probe({ fetch: answering(500, 'oops') })).toMatchObject({ usable: false, code: 'failed', message: expect.stringContaining('oops') })
  })

  it('F34 is bounded, and ends its request when its time is over or nobody waits any more', async () => {
    for (const how of ['limit', 'withdrawn'] as const) {
      const clock = createManualClock()
      const signals: AbortSignal[] = []
      const fetch: typeof globalThis.fetch = (_url, init) =>
        new Promise((_resolve, reject) => {
          if (!init?.signal) return
          signals.push(init.signal)
          init.signal.addEventListener('abort', () => reject(new Error('aborted')))
        })
      let withdraw = (): void => {}
      const withdrawn = new Promise<void>((resolve) => (withdraw = resolve))
      const probing = probe({ fetch }, { clock, withdrawn })
      await clock.settle()
      if (how === 'limit') await clock.advance(5_000)
      else withdraw()
      expect(await probing).toMatchObject({ usable: false })
      expect(signals.map(({ aborted }) => aborted)).toEqual([true])
      expect(clock.pending).toBe(0)
    }
  })
})

it('B26 an Ollama server in a registry takes what a model can be told, and nothing else', async () => {
  const registry = transportRegistry({ ollama: ollamaProvider({ host: await server() }) })
  open.push(registry)
  const start = (more: object) => registry.start({ sessionId: 's', run: 'r', projectId: 'p', provider: 'ollama', prompt: 'hi', messageId: 'm', ...more })
  expect(await start({ extraEnv: { A: 'b' } })).toEqual({ ok: false, code: 'invalid-argument', error: 'The agent "ollama" has no start option "extraEnv". It takes cwd, model, systemPrompt, maxTurns, additionalDirectories.' })
  expect(await start({ maxTurns: 0 })).toMatchObject({ ok: false, code: 'invalid-argument' })
})
