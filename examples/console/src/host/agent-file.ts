import { readFile } from 'node:fs/promises'
import * as v from 'valibot'
import type { AgentPrograms } from './agent-program.ts'
import { reasonOf, StartError, wrongUse } from './start-error.ts'

const agentName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'A name is letters, digits, ".", "_" and "-", 64 at most'))

/** `agents.json`: each agent by its name. Strict, so that a slip of the pen is told and not passed over. */
const agentFile = v.record(
  agentName,
  v.strictObject({
    command: v.pipe(v.string(), v.nonEmpty('The command is empty')),
    args: v.optional(v.array(v.string()), []),
    env: v.optional(v.record(v.string(), v.string()), {}),
    install: v.exactOptional(v.string()),
  }),
)

/** The agents that a person named; none where there is no such file. Throws a `StartError` for a file in another format. */
export async function readAgentFile(file: string): Promise<AgentPrograms> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return new Map()
    throw refused(file, reasonOf(cause), cause)
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw refused(file, `it is not JSON (${reasonOf(cause)})`, cause)
  }
  // A list is an object to the schema, with its places for names.
  if (Array.isArray(json)) throw refused(file, 'it is a list')
  const parsed = v.safeParse(agentFile, json)
  if (parsed.success) return new Map(Object.entries(parsed.output))
  const [issue] = parsed.issues
  const where = v.getDotPath(issue)
  throw refused(file, where === null ? issue.message : `${where}: ${issue.message}`)
}

function refused(file: string, why: string, cause?: unknown): StartError {
  return new StartError(
    `The agents in ${file} could not be read: ${why}.\n` +
      'It holds each agent by its name: { "my-agent": { "command": "my-agent", "args": ["--acp"], "env": {} } }',
    wrongUse,
    { cause },
  )
}
