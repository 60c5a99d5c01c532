import { AgentSessionError, createMemoryStorage, type CommitBatch, type SessionStorage } from '@agent-session/core'
import { existsSync } from 'node:fs'
import { appendFile, readFile } from 'node:fs/promises'

type Line = { readonly commit: CommitBatch } | { readonly delete: readonly string[] }

/** Sessions in a file of JSON lines, for one process: each change is a line, and opening reads them all again. */
export async function createJsonLinesStorage(path: string): Promise<SessionStorage> {
  // Leases are for files that processes share: this storage has none.
  const { acquire: _none, ...memory } = createMemoryStorage()
  const carryOut = (line: Line) => ('commit' in line ? memory.commit(line.commit) : memory.deleteSessions(line.delete))
  for (const line of await linesOf(path)) await carryOut(line)

  let last: Promise<void> = Promise.resolve()
  /** One after the other: first the file, which may fail, then what is shown of it. */
  const write = async (line: Line): Promise<void> => {
    try {
      const text = JSON.stringify(line)
      const turn = last.then(async () => {
        await memory.loadSession('') // rejects after `close`
        // The line break comes first: a line that was torn by a crash ends here.
        await appendFile(path, `\n${text}`, { mode: 0o600 })
        await carryOut(JSON.parse(text))
      })
      last = turn.catch(() => {})
      await turn
    } catch (thrown) {
      throw AgentSessionError.from('storage-failed', thrown) // whatever failed, it has a code
    }
  }

  return {
    ...memory,
    commit: (batch) => write({ commit: batch }),
    deleteSessions: (sessionIds) => write({ delete: sessionIds }),
    close: () => last.then(() => memory.close()),
  }
}

async function linesOf(path: string): Promise<Line[]> {
  const text = existsSync(path) ? await readFile(path, 'utf8') : ''
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line)]
    } catch {
      return [] // torn: its commit was never acknowledged
    }
  })
}
