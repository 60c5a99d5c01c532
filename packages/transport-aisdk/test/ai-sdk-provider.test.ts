import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { systemClock } from '@agent-session/core'
import { transportRegistry } from '@agent-session/core/registry'
import { createManualClock } from '@agent-session/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { HeardEvents } from '../../../test/transports/heard-events.ts'
import { aiSdkProvider, type AiSdkProviderOptions } from '../src/index.ts'
import { answer, scriptedServer, text } from './scripted-server.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const { close } of open.splice(0)) await close()
})

/** A server that gives each request this status, and notes what it was. */
async function answering(status: number) {
  const asked: string[] = []
  const server = createServer(({ method, url, headers }, response) => {
    asked.push(`${method} ${url} ${headers.authorization ?? ''}`)
    response.writeHead(status).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  open.push({ close })
  const { port }: Partial<AddressInfo> = Object(server.address())
  return { asked, close, api: `http://127.0.0.1:${port}/api/chat` }
}

const never = new Promise<void>(() => {})
const probe = (options: AiSdkProviderOptions, { clock = systemClock, withdrawn = never } = {}) => aiSdkProvider(options).probe?.({ name: 'chat', clock, withdrawn })

describe('a look at a back end of the AI SDK', () => {
  it('says that it is there, by whatever it answers, and asks no model anything', async () => {
    const { api, asked } = await answering(405)
    const models = [{ id: 'small', label: 'Small' }]
    expect(await probe({ api, models, headers: { Authorization: 'Bearer key' } })).toEqual({ usable: true, models })
    expect(asked).toEqual(['HEAD /api/chat Bearer key'])
    expect(await probe({ api: (await answering(404)).api })).toEqual({ usable: true, note: expect.stringContaining('shows only when it is asked') })
  })

  it('says that nobody is there, whoever says so, that somebody has to log in, and what is no address', async () => {
    const { api, close } = await answering(200)
    await close()
    open.length = 0
    expect(await probe({ api })).toEqual({ usable: false, code: 'unreachable', message: expect.stringContaining(`No back end answers at ${api}`) })
    expect(await probe({ api: (await answering(502)).api })).toMatchObject({ usable: false, code: 'unreachable', message: expect.stringContaining('502 Bad Gateway') })
    const closed = await answering(401)
    expect(await probe({ api: closed.api })).toMatchObject({ usable: false, code: 'not-logged-in' })
    // Who asks is known only of a session.
    expect(await probe({ api: closed.api, headers: () => ({ Authorization: 'Bearer of-session' }) })).toEqual({ usable: true })
    expect(await probe({ api: '/api/chat' })).toMatchObject({ usable: false, code: 'failed', message: expect.stringContaining('is no address') })
  })

  it.each(['limit', 'withdrawn'] as const)('F34 is bounded, and ends its request: %s', async (how) => {
    const clock = createManualClock()
    const signals: AbortSignal[] = []
    const fetch: typeof globalThis.fetch = (_url, init) =>
      new Promise((_resolve, reject) => {
        if (!init?.signal) return
        signals.push(init.signal)
        init.signal.addEventListener('abort', () => reject(new Error('aborted')))
      })
    let withdraw = (): void => {}
    const probing = probe({ fetch }, { clock, withdrawn: new Promise<void>((resolve) => (withdraw = resolve)) })
    await clock.settle()
    if (how === 'limit') await clock.advance(5_000)
    else withdraw()
    expect(await probing).toMatchObject({ usable: false, code: 'unreachable' })
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    expect(clock.pending).toBe(0)
  })

  it('in a registry it takes what it can be told, and runs', async () => {
    const server = await scriptedServer([{ chunks: answer(text(['Hel', 'lo.'])) }])
    open.push(server)
    const registry = transportRegistry({ chat: aiSdkProvider({ api: server.api, title: 'Our chat', startOptions: { cwd: true } }) })
    open.push(registry)
    const heard = new HeardEvents(registry)
    const start = (more: object) => registry.start({ projectId: 'p', provider: 'chat', sessionId: 's', run: 'r', prompt: 'hi', messageId: 'm', ...more })
    expect(await start({ extraEnv: { A: 'b' } })).toEqual({ ok: false, code: 'invalid-argument', error: 'The agent "chat" has no start option "extraEnv". It takes cwd, model, systemPrompt, maxTurns, agentSessionId.' })
    expect(await start({ cwd: '/work' })).toEqual({ ok: true })
    await heard.end('r')
    expect(heard.said('r')).toBe('Hello.')
  })
})
