import { once } from 'node:events'
import type { Server } from 'node:http'
import { notPossible, reasonOf, StartError } from './start-error.ts'

/** Loopback alone: nobody else on the network gets as far as being refused. */
export const loopback = '127.0.0.1'

/** Resolves to the port; throws a `StartError` where it cannot be had. */
export async function listen(server: Server, port: number): Promise<number> {
  try {
    server.listen({ host: loopback, port, exclusive: true })
    await once(server, 'listening')
  } catch (cause) {
    throw new StartError(whyNot(cause, port), notPossible, { cause })
  }
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('A server that listens on a port has an address.')
  return address.port
}

function whyNot(cause: unknown, port: number): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'EADDRINUSE') {
    return `The port ${port} is taken: perhaps a console runs already. Name another with --port N, or --port 0 for any that is free.`
  }
  if (code === 'EACCES') return `The port ${port} is not for everybody on this machine. Name one above 1023 with --port N.`
  return `The console cannot listen on port ${port}: ${reasonOf(cause)}`
}
