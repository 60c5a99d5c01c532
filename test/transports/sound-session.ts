import { brokenRules, type PlayedStream, playStream, type RecordedStream } from '@agent-session/core/conformance'

/** What a store may say of lines that make no sense. Anything else is a mistake of the fold's. */
const sound = new Set(['unknown-message', 'message-conflict'])

/** Plays lines of which nothing is expected, and rejects where the session breaks a rule, or the store refused something of it. */
export async function soundSession(stream: RecordedStream<unknown>): Promise<PlayedStream> {
  const played = await playStream(stream)
  const { session, retracted, reports } = played
  // An error whose words were made up may be those of an answer.
  const broken = brokenRules(session, retracted).filter((rule) => !rule.startsWith('the error is shown'))
  if (session.live) broken.push('the run is still under way')
  broken.push(...reports.filter(({ code }) => !sound.has(code)).map(({ code, message }) => `${code}: ${message}`))
  if (Reflect.get({}, 'polluted') !== undefined) broken.push('a prototype was reached')
  if (broken.length > 0) throw new Error(broken.join('; '))
  return played
}
