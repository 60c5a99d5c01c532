import type { IncomingMessage } from 'node:http'
import { tokenIn } from '../protocol/socket-line.ts'
import { isSameToken } from './launch-token.ts'

export interface AdmissionRules {
  readonly path: string
  readonly token: string
  /** `host:port` as a `Host` header has it, lower case. */
  readonly hosts: ReadonlySet<string>
  /** As an `Origin` header has it. */
  readonly origins: ReadonlySet<string>
}

/** Why somebody is not let in. The status is all that they are told. */
export interface Rejection {
  readonly status: 401 | 403 | 404
  readonly reason: string
}

/**
 * Whether a client may connect; `undefined` when it may. The token alone would do against a page that does not know
 * it; `Host` keeps out names that were bent to this machine (DNS rebinding), `Origin` other pages of this browser, and
 * both hold even where the token leaked.
 */
export function reject(request: IncomingMessage, rules: AdmissionRules): Rejection | undefined {
  const { host, origin } = request.headers
  if (host === undefined || !rules.hosts.has(host.toLowerCase())) {
    return { status: 403, reason: `the Host ${JSON.stringify(host ?? null)} is not this host's` }
  }
  if (origin === undefined || !rules.origins.has(origin.toLowerCase())) {
    return { status: 403, reason: `the Origin ${JSON.stringify(origin ?? null)} is not allowed` }
  }
  const url = requestUrl(request)
  if (url?.pathname !== rules.path) return { status: 404, reason: 'there is nothing at this path' }
  const given = tokenIn(offeredProtocols(request)) ?? url.searchParams.get('token')
  if (given === null || !isSameToken(given, rules.token)) return { status: 401, reason: 'the token is not that of this launch' }
  return undefined
}

/** The path that a request asks for; `undefined` for what is no path. */
export function pathOf(request: IncomingMessage): string | undefined {
  return requestUrl(request)?.pathname
}

function requestUrl({ url = '/' }: IncomingMessage): URL | undefined {
  return URL.canParse(url, 'http://host') ? new URL(url, 'http://host') : undefined
}

const offeredProtocols = ({ headers }: IncomingMessage): string[] =>
  (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())

/** The names by which this machine calls itself. */
export const loopbackNames: readonly string[] = ['127.0.0.1', 'localhost', '[::1]']

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)

/** Each name with the port, and without it where a browser would leave it out. */
export const withPort = (names: readonly string[], port: number): string[] =>
  names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]))
