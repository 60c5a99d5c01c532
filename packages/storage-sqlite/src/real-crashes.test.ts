import { describe, expect, test } from 'vitest'
import { createSqliteStorage } from './index.ts'
import { databaseFolder } from './test/database-folder.ts'
import { killedProcess } from './test/kill-process.ts'

const { path: newPath } = databaseFolder()

/** In CI a few; `KILLS=200` for the long run, that was made before each release. */
const kills = Number(process.env['KILLS'] ?? 8)

/** The same places at each run. */
function places(count: number): { afterSaves: number; thenMicroseconds: number }[] {
  let state = 20_261_121
  const next = (): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31
  return Array.from({ length: count }, () => ({ afterSaves: 1 + Math.floor(next() * 12), thenMicroseconds: Math.floor(next() * 4_000) }))
}

describe.each(['node:sqlite', 'better-sqlite3'])('a process that streams and is killed (-9) again and again: %s', (driver) => {
  test(`F1 F2 ${kills} times: what was acknowledged is there, whole, once, and the next goes on after it`, { timeout: kills * 5_000 }, async () => {
    const path = newPath()
    let before = 0
    for (const place of places(kills)) {
      const { saved, given, errors } = await killedProcess(path, driver, place)
      expect(errors).toBe('')
      expect(saved).toBeGreaterThan(before)
      const storage = createSqliteStorage({ path })
      expect(await storage.check()).toEqual([])
      const sessions = await storage.listSessions()
      expect(sessions).toHaveLength(1)
      const { sessionId = '', lastSeqId = 0 } = sessions[0] ?? {}
      const messages = await storage.loadMessages(sessionId)
      const seqIds = messages.map(({ seqId }) => seqId)
      // None twice, none missing in the middle, none that was saved missing at the end.
      expect(seqIds).toEqual(Array.from({ length: seqIds.length }, (_, index) => index + 1))
      expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length)
      expect(seqIds.length).toBeGreaterThanOrEqual(saved)
      // Nothing torn: the record is of the same commit as the last message.
      expect(lastSeqId).toBe(seqIds.at(-1))
      expect(seqIds.length).toBeLessThanOrEqual(given + 1)
      for (const { role, content, seqId } of messages) {
        if (role === 'user' || seqId > saved) continue
        expect(content).toBe('one two three')
      }
      await storage.close()
      before = saved
    }
  })
})
