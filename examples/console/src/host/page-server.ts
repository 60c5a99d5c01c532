import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { answer, type HostApi } from './host-api.ts'
import { hasToken, isOwnHost, isOwnOrigin, launchAt } from './launch.ts'
import type { PageFile } from './page-files.ts'
import { markPath } from './running-mark.ts'

export interface PageServerOptions {
  readonly files: ReadonlyMap<string, PageFile>
  readonly api: HostApi
  readonly token: string
  /** Tells this host from another one. */
  readonly mark: string
}

/** Gives the built page to anybody on this machine, and the API to who has the token of this launch. */
export function createPageServer({ files, api, token, mark }: PageServerOptions): Server {
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const launch = launchAt(request.socket.localPort ?? 0, token)
    if (!isOwnHost(launch, request)) return refuse(response, 421, 'This host answers to its own address only.')
    setPolicy(response, request)
    const path = pathOf(request)
    if (path.startsWith('/api/')) {
      if (!isOwnOrigin(launch, request)) return answer(response, 403, { error: 'Pages of elsewhere get nothing here.' })
      if (!hasToken(launch, request)) return answer(response, 401, { error: 'The token of this launch is missing or is that of another one.' })
      if (!(await api(request, response, path))) answer(response, 404, { error: 'There is no such thing here.' })
      return
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'Only GET.')
    if (path === markPath) return void response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-store' }).end(mark)
    const file = files.get(path)
    if (file === undefined) return refuse(response, 404, 'There is no such page.')
    giveFile(request, response, file)
  }

  return createServer((request, response) => {
    handle(request, response).catch(() => {
      if (response.headersSent) response.destroy()
      else refuse(response, 500, 'The host failed.')
    })
  })
}

/** The path as it was written: it is looked up in a table, so there is nothing in it to resolve. */
const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0] ?? '/'

function giveFile(request: IncomingMessage, response: ServerResponse, { body, type, immutable, etag }: PageFile): void {
  response.setHeader('cache-control', immutable ? 'private, max-age=31536000, immutable' : 'no-store')
  response.setHeader('etag', etag)
  if (immutable && request.headers['if-none-match'] === etag) return void response.writeHead(304).end()
  response.writeHead(200, { 'content-type': type, 'content-length': body.length })
  response.end(request.method === 'HEAD' ? undefined : body)
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  response.end(`${text}\n`)
}

/** What an agent says is shown in this page: nothing of it may run, be fetched from elsewhere, or frame the page. */
function setPolicy(response: ServerResponse, { headers }: IncomingMessage): void {
  const policy = [
    `default-src 'none'`,
    `script-src 'self'`,
    `style-src 'self'`,
    `img-src 'self' data:`,
    `font-src 'self'`,
    // 'self' does not cover WebSockets in older browsers. The name is one of this host's: it was checked before.
    `connect-src 'self' ws://${headers.host}`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ]
  response.setHeader('content-security-policy', policy.join('; '))
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('x-frame-options', 'DENY')
  response.setHeader('referrer-policy', 'no-referrer')
  response.setHeader('cross-origin-opener-policy', 'same-origin')
  response.setHeader('cross-origin-resource-policy', 'same-origin')
  response.setHeader('permissions-policy', 'camera=(), microphone=(), geolocation=(), payment=(), usb=()')
}
