import { AgentSessionError, errorText } from '@agent-session/core'
import { amountField, causeCode } from '@agent-session/core/transport'

/** The link to the server, as Node's fetch names its ends. */
const notThere = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'])
const broken = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/** A failure of a request, in words that say what to do; the failure itself is its cause. */
export function ollamaProblem(thrown: unknown, host: string, model: string | undefined): AgentSessionError {
  if (AgentSessionError.isInstance(thrown)) return thrown
  const words = errorText(thrown)
  const status = amountField(thrown, 'status_code')
  const options = { cause: thrown }
  if (status === 404 && /model/i.test(words)) {
    const get = model === undefined ? 'ollama pull MODEL' : `ollama pull ${model}`
    return new AgentSessionError('agent-not-found', `The Ollama server at ${host} has no model "${model ?? '?'}". Get it: ${get}`, options)
  }
  if (status === 401 || status === 403) {
    return new AgentSessionError('login-required', `The Ollama server at ${host} wants you to log in: ${words}. Give the transport its key in \`headers\`, or run: ollama signin`, options)
  }
  if (status !== undefined) return new AgentSessionError('agent-protocol', `The Ollama server at ${host} refused: ${words}`, options)
  const code = causeCode(thrown)
  if (notThere.has(code ?? '')) return notAnswering(host, options)
  if (broken.has(code ?? '')) {
    return new AgentSessionError('agent-exited', `The connection to the Ollama server at ${host} broke. Look into its log (ollama serve prints it), then try again`, options)
  }
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return new AgentSessionError('agent-protocol', `The Ollama server at ${host} was silent for too long. A model that takes minutes to load needs a \`fetch\` with longer timeouts`, options)
  }
  if (/did not receive done/i.test(words)) {
    return new AgentSessionError('agent-protocol', `The Ollama server at ${host} ended its answer before it was whole`, options)
  }
  // Browsers tell no more than that it failed.
  if (thrown instanceof TypeError) return notAnswering(host, options)
  return new AgentSessionError('agent-protocol', `The Ollama server at ${host} failed${words.trim() === '' ? ' without a word' : `: ${words}`}`, options)
}

function notAnswering(host: string, options: { readonly cause: unknown }): AgentSessionError {
  return new AgentSessionError('agent-not-found', `No Ollama server answers at ${host}. Start it (ollama serve; from https://ollama.com/download where it is not installed), or correct \`host\``, options)
}
