import { AgentSessionError, errorText, type AgentSessionErrorCode } from '../errors.ts'

/** Throws where two plain values differ, and names the first place. A field that is there but undefined is not an absent one. */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  const difference = firstDifference(actual, expected, '')
  if (difference !== undefined) throw new Error(`${what}: ${difference}`)
}

export function expectTrue(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

/** Throws where the work does not reject, or not with the library's error of that code (absent: any code of it). */
export async function expectRejection(work: () => Promise<unknown>, what: string, code?: AgentSessionErrorCode): Promise<void> {
  let promise: Promise<unknown>
  try {
    promise = work()
  } catch (thrown) {
    throw new Error(`${what}: it threw instead of rejecting: ${errorText(thrown)}`, { cause: thrown })
  }
  const outcome = await promise.then(
    () => ({ rejected: false }) as const,
    (reason: unknown) => ({ rejected: true, reason }) as const,
  )
  if (!outcome.rejected) throw new Error(`${what}: it resolved, where it had to reject`)
  const { reason } = outcome
  if (!AgentSessionError.isInstance(reason)) throw new Error(`${what}: it rejected with "${errorText(reason)}", which is no AgentSessionError`)
  if (code === undefined) return
  const given: unknown = Reflect.get(reason, 'code')
  if (given !== code) throw new Error(`${what}: it rejected with the code ${String(given)}, expected ${code}`)
}

function firstDifference(actual: unknown, expected: unknown, path: string): string | undefined {
  if (Object.is(actual, expected)) return undefined
  const at = path === '' ? '' : ` at ${path}`
  if (!isObject(actual) || !isObject(expected)) return `got ${shown(actual)}, expected ${shown(expected)}${at}`
  if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) {
    return `got an object of another prototype than ${Array.isArray(expected) ? 'an array' : 'a plain object'}${at}`
  }
  if (Array.isArray(expected) && Array.isArray(actual) && actual.length !== expected.length) {
    const index = Array.from({ length: actual.length + expected.length }, (_, place) => place).find((place) => firstDifference(actual[place], expected[place], '') !== undefined) ?? 0
    return `got ${actual.length} elements, expected ${expected.length}${at}; from ${index} on they differ: got ${shown(actual[index])}, expected ${shown(expected[index])}`
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const place = path === '' ? key : `${path}.${key}`
    if (!Object.hasOwn(actual, key)) return `nothing at ${place}, expected ${shown(Reflect.get(expected, key))}`
    if (!Object.hasOwn(expected, key)) return `got ${shown(Reflect.get(actual, key))} at ${place}, expected no such field`
    const difference = firstDifference(Reflect.get(actual, key), Reflect.get(expected, key), place)
    if (difference !== undefined) return difference
  }
  return undefined
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Short enough for a line. */
function shown(value: unknown): string {
  const text = isObject(value) || typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length <= 200 ? text : `${text.slice(0, 120)}… (${text.length} characters)`
}
