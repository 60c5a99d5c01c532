import type { PromptCommand, SessionContext, StartCommand } from '@agent-session/core'
import { createOllamaTransport, type OllamaTransportOptions } from '../src/index.ts'
import { HeardEvents } from '../../../test/transports/heard-events.ts'
import { type ScriptedServer, scriptedServer, type Script } from './scripted-server.ts'

const open: { close(): Promise<void> }[] = []

/** For `afterEach`. */
export async function closeRigs(): Promise<void> {
  for (const { close } of open.splice(0)) await close()
}

export interface Rig {
  readonly server: ScriptedServer
  readonly transport: ReturnType<typeof createOllamaTransport>
  readonly heard: HeardEvents
  start(run: string, prompt: StartCommand['prompt'], more?: Partial<StartCommand>): ReturnType<Rig['transport']['start']>
  prompt(run: string, prompt: PromptCommand['prompt'], session?: Partial<SessionContext>): ReturnType<Rig['transport']['prompt']>
  stop(run: string): ReturnType<Rig['transport']['stop']>
}

/** A transport, a server behind it, and all that is told. */
export async function rig(script: Script, options: OllamaTransportOptions = {}): Promise<Rig> {
  const server = await scriptedServer(script)
  const transport = createOllamaTransport({ host: server.host, ...options })
  open.push(transport, server)
  return {
    server,
    transport,
    heard: new HeardEvents(transport),
    start: (run, prompt, more) => transport.start({ sessionId: 'session', run, projectId: 'project', provider: 'ollama', prompt, messageId: `${run}-prompt`, ...more }),
    prompt: (run, prompt, session) =>
      transport.prompt({ sessionId: 'session', run, prompt, messageId: `${run}-prompt`, session: { projectId: 'project', provider: 'ollama', ...session } }),
    stop: (run) => transport.stop({ sessionId: 'session', run }),
  }
}
