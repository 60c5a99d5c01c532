import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { loopback } from './listen.ts'

/** One start of the host: what a request must show before it gets anything. */
export interface Launch {
  readonly token: string
  /** The names under which this host answers, with the port. Another one may be a page that points its own name here (DNS rebinding). */
  readonly hosts: readonly string[]
}

export const launchAt = (port: number, token: string): Launch => ({ token, hosts: [`${loopback}:${port}`, `localhost:${port}`] })

export const isOwnHost = ({ hosts }: Launch, request: IncomingMessage): boolean => hosts.includes(request.headers.host ?? '')

/** A browser names the page that asks; a page of elsewhere gets nothing, also with the token. */
export function isOwnOrigin({ hosts }: Launch, request: IncomingMessage): boolean {
  const { origin } = request.headers
  return origin === undefined || hosts.some((host) => origin === `http://${host}`)
}

export function hasToken({ token }: Launch, request: IncomingMessage): boolean {
  const given = Buffer.from(request.headers.authorization ?? '')
  const wanted = Buffer.from(`Bearer ${token}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
