import { AgentSessionError, errorText } from '@agent-session/core'
import { causeCode, field, textField } from '@agent-session/core/transport'
import { shortened } from './stream-chunks.ts'

/** Bytes of an error's words that are read: more than anybody does. */
const mostErrorBytes = 4_096

/** An answer that is no stream of chunks, as an error in words that say what to do; `undefined` where it may be one. */
export async function answerProblem(response: Response, api: string): Promise<AgentSessionError | undefined> {
  const { ok, status, statusText, headers, body } = response
  const type = headers.get('content-type') ?? ''
  // Some back ends name their stream anything; a page or an object is none for sure, if it does not say that it is one.
  const isOther = /^(?:text\/html|application\/json)\b/i.test(type) && !headers.has('x-vercel-ai-ui-message-stream')
  if (ok && body !== null && !isOther) return undefined
  const words = await errorWords(body)
  const said = words === '' ? '' : `: ${words}`
  if (ok) {
    return new AgentSessionError('agent-protocol', `${api} answered with ${type || 'nothing'}, not with a UI message stream${said}. Is it the address of the chat's back end?`)
  }
  const told = `${status} ${statusText}`.trim()
  if (status === 401 || status === 403) return new AgentSessionError('login-required', `The back end at ${api} wants you to log in (${told})${said}. Give the transport what it asks for in \`headers\` or \`credentials\``)
  if (status === 404 || status === 405) return new AgentSessionError('agent-not-found', `There is no chat back end at ${api} (${told})${said}. Correct \`api\``)
  if (status === 429) return new AgentSessionError('agent-protocol', `The back end at ${api} has too much to do (${told})${said}. Try again later`)
  return new AgentSessionError('agent-protocol', `The back end at ${api} refused (${told})${said}`)
}

/** A failure of a request, in words that say what to do; the failure itself is its cause. `answered`: after it had begun to answer. */
export function requestProblem(thrown: unknown, api: string, answered: boolean): AgentSessionError {
  if (AgentSessionError.isInstance(thrown)) return thrown
  const options = { cause: thrown }
  if (causeCode(thrown) === 'ERR_INVALID_URL') return new AgentSessionError('invalid-argument', `"${api}" is no address. Outside of a browser \`api\` must be a whole one, as http://localhost:3000/api/chat`, options)
  if (answered) return new AgentSessionError('agent-exited', `The connection to the back end at ${api} broke: ${reasonOf(thrown)}`, options)
  return new AgentSessionError('agent-not-found', `No back end answers at ${api}: ${reasonOf(thrown)}. Start it, correct \`api\`, or let it allow this page (CORS)`, options)
}

/** Node's fetch says no more than that it failed; why is in its cause. */
function reasonOf(thrown: unknown): string {
  const cause = field(thrown, 'cause')
  return errorText(cause instanceof Error && cause.message !== '' ? cause : thrown)
}

/** The `error` or `message` of a JSON body, else the body as it is, as far as anybody would read it. */
async function errorWords(body: ReadableStream<Uint8Array> | null): Promise<string> {
  if (body === null) return ''
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let text = ''
  try {
    while (text.length < mostErrorBytes) {
      const { done, value } = await reader.read()
      if (done) break
      text += decoder.decode(value, { stream: true })
    }
  } catch {
    // The status says enough where the words do not come.
  }
  // What is left of it nobody reads; a connection that breaks now breaks nothing.
  reader.cancel().catch(() => {})
  return shortened(saidIn(text).replaceAll(/\s+/g, ' ').trim())
}

function saidIn(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    const error = field(value, 'error')
    return textField(value, 'error') ?? textField(error, 'message') ?? textField(value, 'message') ?? textField(value, 'detail') ?? (typeof value === 'string' ? value : text)
  } catch {
    // Not JSON: a proxy in between speaks for itself.
    return text
  }
}
