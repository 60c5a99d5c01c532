import type { PromptCommand, SessionContext, StartCommand } from '@agent-session/core'
import { type AiSdkTransport, type AiSdkTransportOptions, createAiSdkTransport } from '../src/index.ts'
import { HeardEvents } from '../../../test/transports/heard-events.ts'
import { type Asked, type ScriptedServer, scriptedServer, type Step } from './scripted-server.ts'

const open: { close(): Promise<void> }[] = []

/** For `afterEach`. */
export async function closeRigs(): Promise<void> {
  for (const { close } of open.splice(0)) await close()
}

export interface Rig {
  readonly server: ScriptedServer
  readonly transport: AiSdkTransport
  readonly heard: HeardEvents
  start(run: string, prompt: StartCommand['prompt'], more?: Partial<StartCommand>): ReturnType<AiSdkTransport['start']>
  prompt(run: string, prompt: PromptCommand['prompt'], session?: Partial<SessionContext>): ReturnType<AiSdkTransport['prompt']>
  stop(run: string): ReturnType<AiSdkTransport['stop']>
}

/** A transport, a server behind it, and all that is told. */
export async function rig(steps: readonly Step[] | ((asked: Asked) => Step), options: AiSdkTransportOptions = {}): Promise<Rig> {
  const server = await scriptedServer(steps)
  const transport = createAiSdkTransport({ api: server.api, ...options })
  open.push(transport, server)
  return {
    server,
    transport,
    heard: new HeardEvents(transport),
    start: (run, prompt, more) => transport.start({ sessionId: 'session', run, projectId: 'project', provider: 'aisdk', prompt, messageId: `${run}-prompt`, ...more }),
    prompt: (run, prompt, session) =>
      transport.prompt({ sessionId: 'session', run, prompt, messageId: `${run}-prompt`, session: { projectId: 'project', provider: 'aisdk', ...session } }),
    stop: (run) => transport.stop({ sessionId: 'session', run }),
  }
}
