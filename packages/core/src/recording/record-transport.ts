import { errorText } from '../errors.ts'
import { systemClock } from '../defaults/system-clock.ts'
import type { AgentTransport } from '../ports/agent-transport.ts'
import type { Clock } from '../ports/clock.ts'
import { recordingFormat, recordingVersion, type RecordedCommand, type RecordingLine } from './recording-line.ts'

/** Where a recording goes. */
export interface RecordOptions {
  /** Gets each line, without its line break, in order. What it throws is the caller's: it reaches whoever caused the line. */
  readonly write: (line: string) => void
  /** Absent: the machine's own. */
  readonly clock?: Clock
}

/**
 * The same transport, with all that passes written down: a bug report, a demonstration and a test fixture in one. Also
 * what no message can be made of is kept, since events are recorded before they are checked. `extraEnv` is left out: it
 * may hold secrets.
 */
export function recordTransport(transport: AgentTransport, { write, clock = systemClock }: RecordOptions): AgentTransport {
  const began = clock.monotonic()
  write(JSON.stringify({ format: recordingFormat, version: recordingVersion, startedAt: clock.now() }))
  const line = (entry: RecordingLine): void => write(JSON.stringify(entry))
  const at = (): number => Math.round(clock.monotonic() - began)

  function recorded<Command, Answer>(name: RecordedCommand, call: (command: Command) => Promise<Answer>) {
    return async (command: Command): Promise<Answer> => {
      line({ at: at(), command: name, with: withoutSecrets(command) })
      try {
        const answer = await call(command)
        line({ at: at(), reply: name, with: answer })
        return answer
      } catch (thrown) {
        line({ at: at(), reply: name, with: { ok: false, error: errorText(thrown), code: 'threw' } })
        throw thrown
      }
    }
  }

  return {
    ...(transport.capabilities && { capabilities: transport.capabilities }),
    start: recorded('start', (command) => transport.start(command)),
    prompt: recorded('prompt', (command) => transport.prompt(command)),
    stop: recorded('stop', (command) => transport.stop(command)),
    ...(transport.respond && { respond: recorded('respond', transport.respond.bind(transport)) }),
    ...(transport.configure && { configure: recorded('configure', transport.configure.bind(transport)) }),
    ...(transport.attach && { attach: recorded('attach', transport.attach.bind(transport)) }),
    ...(transport.list && { list: transport.list.bind(transport) }),
    ...(transport.providers && { providers: transport.providers.bind(transport) }),
    // They change nothing of what is recorded.
    ...(transport.fork && { fork: transport.fork.bind(transport) }),
    ...(transport.forget && { forget: transport.forget.bind(transport) }),
    ...(transport.logIn && { logIn: transport.logIn.bind(transport) }),
    ...(transport.close && { close: transport.close.bind(transport) }),
    subscribe: (listener) =>
      transport.subscribe((event) => {
        line({ at: at(), event })
        listener(event)
      }),
  }
}

function withoutSecrets(command: unknown): unknown {
  if (typeof command !== 'object' || command === null) return command
  const { extraEnv: _extraEnv, session, ...rest }: { extraEnv?: unknown; session?: unknown } = command
  return session === undefined ? rest : { ...rest, session: withoutSecrets(session) }
}
