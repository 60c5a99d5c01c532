import { access, readFile, rename, writeFile } from 'node:fs/promises'
import type { SessionStorage } from '@agent-session/core'
import * as v from 'valibot'

/** Since this format `claude` and `codex` are the programs themselves, and their ACP adapters have names of their own. */
const format = 2

const formatFile = v.object({ format: v.number() })

/** What the agents of earlier consoles are called now. */
const renamed: Readonly<Record<string, string>> = { claude: 'claude-acp', codex: 'codex-acp' }

const pageSize = 200

export interface EarlierAgentsOptions {
  /** Says in which format the folder is; it need not exist. */
  readonly file: string
  readonly database: string
  /** Agents that the person named: one of theirs is what it was. */
  readonly own: { has(name: string): boolean }
}

/**
 * A data folder that an earlier console wrote: whether there is one, to be asked before anything is written. Such a
 * console drove Claude Code and Codex by their ACP adapters alone, under the names that are the programs' own today. What
 * the adapters keep of a session, its modes and models too, is theirs: a session goes on with what it was begun with.
 */
export async function isOfEarlierConsole({ file, database }: EarlierAgentsOptions): Promise<boolean> {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), formatFile), await readFile(file, 'utf8').catch(() => undefined))
  if (parsed.success && parsed.output.format >= format) return false
  return access(database).then(
    () => true,
    () => false,
  )
}

/** Gives the sessions of an earlier console the names that their agents have now; resolves to how many there were. Killed in the middle, it is done again. */
export async function renameEarlierAgents(storage: SessionStorage, { own }: EarlierAgentsOptions): Promise<number> {
  let count = 0
  for (let offset = 0; ; offset += pageSize) {
    const page = await storage.listSessions(undefined, { offset, limit: pageSize })
    for (const { sessionId, provider } of page) {
      const name = Object.hasOwn(renamed, provider) && !own.has(provider) ? renamed[provider] : undefined
      const session = name === undefined ? undefined : await storage.loadSession(sessionId)
      if (name === undefined || session === undefined) continue
      // Nothing else of it changes, nor its place in the list.
      await storage.commit({ session: { ...session, provider: name }, upsert: [], remove: [] })
      count += 1
    }
    if (page.length < pageSize) return count
  }
}

/** Into place in one step: a kill leaves the folder as one of before, or of now. */
export async function leaveFormat({ file }: EarlierAgentsOptions): Promise<void> {
  const fresh = `${file}.new`
  await writeFile(fresh, `${JSON.stringify({ format })}\n`, { mode: 0o600 })
  await rename(fresh, file)
}
