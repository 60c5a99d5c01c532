import { type ProbeRequest, type ProbeResult, type Provider, type ProviderOptions, type UsableProvider, within } from '@agent-session/core'
import { type AiSdkTransportOptions, createAiSdkTransport } from './ai-sdk-transport.ts'
import { requestProblem } from './back-end-problem.ts'

export interface AiSdkProviderOptions extends AiSdkTransportOptions {
  /** For people. Absent: `api`. */
  readonly title?: string
  /** What a start may say beside `model`, `systemPrompt`, `maxTurns` and `agentSessionId`, where `body`, `headers` or a `prepare…` function makes something of it. */
  readonly startOptions?: ProviderOptions
}

/** What a start may say to any back end. */
const commonOptions: ProviderOptions = { model: true, systemPrompt: true, maxTurns: true, agentSessionId: true }

/** Ms that the server may take: it is asked whether it is there, and no model is asked anything. */
const mostMs = 5_000

/** A chat back end of the AI SDK, for a registry of agents. Its transport is that of `createAiSdkTransport`. */
export function aiSdkProvider({ title, startOptions = {}, ...options }: AiSdkProviderOptions = {}): Provider {
  const { api = '/api/chat', models, resume = false } = options
  return {
    title: title ?? api,
    options: { ...commonOptions, ...startOptions },
    capabilities: { images: true, ...(resume && { attach: true }), ...(models && { configure: true }) },
    probe: (request) => probeBackEnd(options, api, request),
    create: ({ clock }) => createAiSdkTransport({ clock, ...options }),
  }
}

/** Any answer at all says that the server is there: a back end needs to know no more than `POST`. */
async function probeBackEnd({ headers, credentials, fetch = globalThis.fetch, models }: AiSdkTransportOptions, api: string, { clock, withdrawn }: ProbeRequest): Promise<ProbeResult> {
  const leaving = new AbortController()
  void withdrawn.then(() => leaving.abort())
  // What a host decides for each session it is not asked without one.
  const isAsIn = typeof headers !== 'function' && typeof credentials !== 'function'
  const asking = async (): Promise<ProbeResult> => {
    const { status, statusText } = await fetch(api, {
      method: 'HEAD',
      signal: leaving.signal,
      ...(headers !== undefined && typeof headers !== 'function' && { headers }),
      ...(credentials !== undefined && typeof credentials !== 'function' && { credentials }),
    })
    const told = `${status} ${statusText}`.trim()
    if (isAsIn && (status === 401 || status === 403)) return { usable: false, code: 'not-logged-in', message: `The back end at ${api} wants you to log in (${told})` }
    // What stands before the back end speaks for it.
    if (status >= 502 && status <= 504) return { usable: false, code: 'unreachable', message: `No back end answers at ${api} (${told})` }
    const known: UsableProvider = { usable: true, ...(models && { models }) }
    return status === 404 ? { ...known, note: `A server answers at ${api}, but whether a chat is there shows only when it is asked` } : known
  }
  try {
    const answer = await within(clock, mostMs, asking())
    if (answer.timely) return answer.value
    return { usable: false, code: 'unreachable', message: `The back end at ${api} did not answer within ${mostMs / 1_000} s` }
  } catch (thrown) {
    const { code, message } = requestProblem(thrown, api, false)
    return { usable: false, code: code === 'agent-not-found' ? 'unreachable' : 'failed', message }
  } finally {
    leaving.abort()
  }
}
