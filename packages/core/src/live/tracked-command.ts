import { AgentSessionError, errorText } from '../errors.ts'
import type { Refusal } from '../session/command-result.ts'
import { LiveListeners, type Live } from './live.ts'

/** A command that tells how it stands, for the button that gives it. */
export interface TrackedCommand<Arguments extends readonly unknown[], Result> extends Live {
  /** It was given, and is not answered yet. Given again before that, it is pending until the last is answered. */
  readonly pending: boolean
  /** Why the last one was refused; `undefined` where it was not, and once it is given again. */
  readonly refusal: Refusal | undefined
  /** Gives the command. Never rejects: what throws is a refusal, with the error's own code or `command-failed`. */
  run(...given: Arguments): Promise<Result | Refusal>
  /** Forgets the refusal, as a person does who closes its message. */
  reset(): void
}

/** `command` answers as those of a store do. */
export function trackCommand<Arguments extends readonly unknown[], Result>(
  command: (...given: Arguments) => Promise<Result>,
): TrackedCommand<Arguments, Result> {
  const listeners = new LiveListeners(() => [])
  let open = 0
  let last = 0
  let refusal: Refusal | undefined
  const become = (next: Refusal | undefined): void => {
    refusal = next
    listeners.tellApart()
  }
  return {
    get pending() {
      return open > 0
    },
    get refusal() {
      return refusal
    },
    async run(...given) {
      const own = (last += 1)
      open += 1
      become(undefined)
      const result = await answer(command, given)
      open -= 1
      // The refusal of an older one is no news of the one that was given after it.
      become(own === last && isRefusal(result) ? result : refusal)
      return result
    },
    reset: () => become(undefined),
    subscribe: (listener) => listeners.subscribe(listener),
  }
}

async function answer<Arguments extends readonly unknown[], Result>(
  command: (...given: Arguments) => Promise<Result>,
  given: Arguments,
): Promise<Result | Refusal> {
  try {
    return await command(...given)
  } catch (thrown) {
    return { ok: false, code: AgentSessionError.isInstance(thrown) ? thrown.code : 'command-failed', error: errorText(thrown) }
  }
}

const isRefusal = (result: unknown): result is Refusal => typeof result === 'object' && result !== null && 'ok' in result && result.ok === false
