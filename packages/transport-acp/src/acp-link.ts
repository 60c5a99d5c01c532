import type { Stream } from '@agentclientprotocol/sdk/unstable'
import { textField } from '@agent-session/core/transport'
import { withoutUnsafeKeys } from './unsafe-keys.ts'

/** What a connection to an agent is wanted for. All of it comes from the start command, none of it names a program. */
export interface LinkRequest {
  /** Which agent, by the name that the host gave it. */
  readonly provider: string
  readonly sessionId: string
  /** The folder that the session works in; absent: the host's own choice. */
  readonly cwd?: string
  /** Variables for the agent's process, where it is one. */
  readonly env: Readonly<Record<string, string>>
}

/** How the far side ended. */
export interface LinkEnd {
  /** Goes on from "The agent NAME": `ended with exit code 3. It last wrote: …`. */
  readonly words: string
}

/** One agent that listens: a process on stdio, a WebSocket, an agent in this process. */
export interface AcpLink {
  /** The absolute folder that the session is opened in. */
  readonly cwd: string
  /** Whether the agent goes on without the connection: it is then asked to close its sessions. Absent: it ends with it. */
  readonly outlives?: boolean
  /** Whole messages. A readable that fails means that what came is no ACP; its error says what it was. */
  readonly stream: Stream
  /** Resolves when the far side is gone; never rejects. */
  readonly ended: Promise<LinkEnd>
  /** Ends the far side and resolves when it is gone. May be called again, and after the end. */
  kill(): Promise<void>
}

/** Gives a new agent of its own for each call. Rejects with an `AgentSessionError` (`agent-not-found`) where there is none to be had. */
export type ConnectAgent = (request: LinkRequest) => Promise<AcpLink>

/** A link over a stream that the SDK made, such as its `createWebSocketStream`. */
export function streamLink(stream: Stream, { cwd, outlives }: { readonly cwd: string; readonly outlives?: boolean }): AcpLink {
  let end = (_words?: string): void => {}
  const ended = new Promise<LinkEnd>((resolve) => {
    end = (words = 'closed the connection') => resolve({ words })
  })
  const leaving = new AbortController()
  let spoke = false
  const watched = new TransformStream<StreamMessage, StreamMessage>({
    transform(message, controller) {
      spoke = true
      controller.enqueue(withoutUnsafeKeys(message))
    },
    flush: () => end(),
  })
  // A connection that breaks is no message that was wrong: it is the end, and its words are told.
  stream.readable.pipeTo(watched.writable, { preventAbort: true, signal: leaving.signal }).catch((broken: unknown) => {
    const words = broken instanceof Error ? broken.message : (textField(broken, 'message') ?? '')
    const when = spoke ? '' : ' before it said a word'
    end(words !== '' ? `lost its connection${when}: ${words}` : `lost its connection${when}${spoke ? '' : '. Does it run, and is its address right?'}`)
    // Where it was the message after all, its reader has been told.
    watched.writable.close().catch(() => {})
  })
  return {
    cwd,
    ...(outlives !== undefined && { outlives }),
    stream: { readable: watched.readable, writable: stream.writable },
    ended,
    async kill() {
      end()
      // What has never said a word may not even be connected, and would let nobody close what waits to be written.
      if (!spoke) leaving.abort()
      // A writer holds the lock while the link is in use, and ends the stream by its own close.
      // One that is broken already has nothing to close.
      if (!stream.writable.locked) await stream.writable.close().catch(() => {})
    },
  }
}

type StreamMessage = Stream['readable'] extends ReadableStream<infer Message> ? Message : never
