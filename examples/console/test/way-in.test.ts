// Who is let in: the page of this launch, and nobody else.

import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { hostPath, projectsPath, socketPath } from '../src/host-info.ts'
import { useBrowser } from './console-page.ts'
import { startHost, temporaryFolder } from './host-process.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const browser = useBrowser()

interface Asked {
  readonly path: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** By hand: `fetch` sets Host itself, and resolves paths before it sends them. */
async function ask(port: string, { path, method = 'GET', headers = {}, body }: Asked): Promise<{ status: number; headers: IncomingMessage['headers']; text: string }> {
  const request = httpRequest({ host: '127.0.0.1', port, path, method, headers: { host: `127.0.0.1:${port}`, ...headers } })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return { status: response.statusCode ?? 0, headers: response.headers, text }
}

async function launched() {
  const url = new URL(await startHost(await temporaryFolder()).url())
  return { port: url.port, token: url.hash.replace('#token=', ''), origin: url.origin }
}

/** What a socket gets: whether it was let in, and every message of the first moment. */
async function knock(address: string, options: { protocols?: string[]; origin?: string; host?: string }): Promise<'let in' | number> {
  const { protocols = [], origin, host } = options
  const socket = new WebSocket(address, protocols, { ...(origin !== undefined && { origin }), ...(host !== undefined && { headers: { host } }) })
  let messages = 0
  socket.on('message', () => (messages += 1))
  try {
    return await new Promise((resolve, reject) => {
      socket.on('open', () => resolve('let in'))
      socket.on('unexpected-response', (_, response: IncomingMessage) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
      })
      socket.on('error', reject)
    })
  } finally {
    expect(messages).toBe(0)
    socket.terminate()
  }
}

test('a WebSocket without the token, of a foreign page or by a foreign name gets nothing', async () => {
  const { port, token, origin } = await launched()
  const address = `ws://127.0.0.1:${port}${socketPath}`
  const withToken = `${address}?token=${token}`
  expect(await knock(withToken, { origin })).toBe('let in')
  expect(await knock(address, { origin })).toBe(401)
  expect(await knock(`${address}?token=${token.slice(0, -1)}x`, { origin })).toBe(401)
  expect(await knock(withToken, {})).toBe(403)
  expect(await knock(withToken, { origin: 'https://evil.example' })).toBe(403)
  expect(await knock(withToken, { origin: 'null' })).toBe(403)
  expect(await knock(withToken, { origin: `http://evil.example:${port}` })).toBe(403)
  expect(await knock(withToken, { origin, host: `evil.example:${port}` })).toBe(403)
  expect(await knock(`ws://127.0.0.1:${port}/other?token=${token}`, { origin })).toBe(404)
})

test('the API wants the token, and answers no foreign page and no foreign name', async () => {
  const { port, token, origin } = await launched()
  const authorization = `Bearer ${token}`
  const good = await ask(port, { path: hostPath, headers: { authorization, origin } })
  expect(good.status).toBe(200)
  expect(JSON.parse(good.text)).toMatchObject({ defaultAgent: 'example', projects: [{ id: 'playground' }] })
  expect(good.headers['cache-control']).toBe('no-store')

  for (const [headers, status] of [
    [{}, 401],
    [{ authorization: 'Bearer nothing' }, 401],
    [{ authorization: token }, 401],
    [{ authorization, origin: 'https://evil.example' }, 403],
    [{ authorization, host: `evil.example:${port}` }, 421],
  ] as const) {
    const refused = await ask(port, { path: hostPath, headers })
    expect(refused.status).toBe(status)
    expect(refused.text).not.toContain('playground')
    expect((await ask(port, { path: projectsPath, method: 'POST', headers, body: '{"id":"mine"}' })).status).toBe(status)
  }
})

test('a project is added with a folder that is there, once', async () => {
  const { port, token } = await launched()
  const headers = { authorization: `Bearer ${token}` }
  const add = (body: unknown) => ask(port, { path: projectsPath, method: 'POST', headers, body: JSON.stringify(body) })
  const folder = await temporaryFolder()
  expect(await add({ id: ' mine ', cwd: folder })).toMatchObject({ status: 201, text: JSON.stringify({ id: 'mine', cwd: folder }) })
  expect((await add({ id: 'Mine', cwd: folder })).status).toBe(409)
  expect((await add({ id: 'other', cwd: 'relative' })).status).toBe(409)
  expect((await add({ id: 'other', cwd: `${folder}/not-there` })).status).toBe(409)
  expect((await add({ id: '\u202Eother' })).status).toBe(409)
  expect((await add({ id: '' })).status).toBe(409)
  expect((await add(['x'])).status).toBe(400)
  expect((await add({ id: 'x'.repeat(100_000) })).status).toBe(413)
  const { text } = await ask(port, { path: hostPath, headers })
  expect(JSON.parse(text)).toMatchObject({ projects: [{ id: 'playground' }, { id: 'mine', cwd: folder }] })
})

test('only files of the build are served', async () => {
  const { port } = await launched()
  const elsewhere = ['/../package.json', '/..%2fpackage.json', '/assets/../../package.json', '/assets/..%5c..%5cpackage.json', '//etc/passwd', '/index.html/', '/sessions.db', '/%00']
  for (const path of elsewhere) {
    const { status, text } = await ask(port, { path })
    expect({ path, status, text }).toEqual({ path, status: 404, text: 'There is no such page.\n' })
  }
})

test('the page comes with a policy that lets nothing of elsewhere in', async () => {
  const { port } = await launched()
  const { status, headers, text } = await ask(port, { path: '/' })
  expect(status).toBe(200)
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'content-security-policy': expect.stringMatching(/default-src 'none'; script-src 'self'; style-src 'self';.*frame-ancestors 'none'/),
  })
  expect(headers['content-security-policy']).not.toContain('unsafe')
  expect(text).not.toMatch(/<script(?![^>]*\bsrc=)/)
  expect((await ask(port, { path: '/', method: 'POST' })).status).toBe(405)
  expect((await ask(port, { path: '/', headers: { host: `evil.example:${port}` } })).status).toBe(421)
})

test('a page without a token says what to do, and one with another token too', async () => {
  const { origin } = await launched()
  const without = await browser.open(origin)
  await without.page.getByRole('heading', { name: 'This page needs the address that the console printed' }).waitFor()
  expect(await without.prompt.count()).toBe(0)
  const other = await browser.open(`${origin}/#token=abcdefghijklmnopqrstuvwxyz`)
  await other.page.getByRole('heading', { name: 'The host was started anew' }).waitFor()
  expect(await other.prompt.count()).toBe(0)
})
