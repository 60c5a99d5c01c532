import { type AgentSessionError, type ProbeRequest, type ProbeResult, type Provider, type ProviderOptions, type UnusableProvider, within } from '@agent-session/core'
import { Ollama } from 'ollama/browser'
import { checkedFetch } from './checked-fetch.ts'
import { textField } from '@agent-session/core/transport'
import { listModels } from './ollama-model.ts'
import { ollamaProblem } from './ollama-problem.ts'
import { createOllamaTransport, type OllamaTransportOptions } from './ollama-transport.ts'

/** What a start may say to a model and its tools; the others have no meaning there. */
const startOptions: ProviderOptions = { cwd: true, model: true, systemPrompt: true, maxTurns: true, additionalDirectories: true }

/** Ms that the server may take: it is asked what it has, and loads nothing. */
const mostMs = 5_000
/** Where people get the server. */
const download = 'https://ollama.com/download'
/** A small model that can use tools, to begin with. */
const firstModel = 'ollama pull qwen3'

/** The models of an Ollama server, for a registry of agents. Its transport is that of `createOllamaTransport`. */
export function ollamaProvider(options: OllamaTransportOptions = {}): Provider {
  return {
    title: 'Ollama',
    options: startOptions,
    capabilities: { configure: true, images: true },
    probe: (request) => probeOllama(options, request),
    create: ({ clock }) => createOllamaTransport({ clock, ...options }),
  }
}

async function probeOllama(options: OllamaTransportOptions, { clock, withdrawn }: ProbeRequest): Promise<ProbeResult> {
  const { host = 'http://127.0.0.1:11434', headers = {}, fetch = globalThis.fetch, mostLineBytes = 16 * 1024 * 1024, model } = options
  const ending = new AbortController()
  void withdrawn.then(() => ending.abort())
  const client = new Ollama({ host, headers: { ...headers }, fetch: checkedFetch(fetch, ending.signal, mostLineBytes) })
  const asking = async (): Promise<ProbeResult> => {
    const version = textField(await client.version(), 'version')
    const models = await listModels(client)
    if (models.length === 0) return { usable: false, code: 'not-installed', message: `The Ollama server at ${host} has no model yet`, install: firstModel }
    const isThere = model === undefined || models.some(({ id }) => id === model || id === `${model}:latest`)
    const note = isThere ? undefined : `The model "${model}" that is taken where a start names none is not there. Get it: ollama pull ${model}`
    return { usable: true, models, ...(version !== undefined && { version }), ...(note !== undefined && { note }) }
  }
  try {
    const answer = await within(clock, mostMs, asking())
    if (answer.timely) return answer.value
    return { usable: false, code: 'unreachable', message: `The Ollama server at ${host} did not answer within ${mostMs / 1_000} s` }
  } catch (thrown) {
    return unusable(ollamaProblem(thrown, host, undefined))
  } finally {
    ending.abort()
  }
}

function unusable({ code, message }: AgentSessionError): UnusableProvider {
  if (code === 'login-required') return { usable: false, code: 'not-logged-in', message, install: 'ollama signin' }
  if (code === 'agent-not-found' || code === 'agent-exited') return { usable: false, code: 'unreachable', message, install: download }
  return { usable: false, code: 'failed', message }
}
