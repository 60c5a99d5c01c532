import path from 'node:path'
import type { MessageRecord, SessionRecord } from '@agent-session/core'
import { createSqliteStorage } from '@agent-session/storage-sqlite'

const usage = { costUsd: 0, inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 }

/** Leaves sessions in a data folder, as an earlier host would have. */
export async function remember(dataFolder: string, sessions: readonly { id: string; title?: string; provider?: string; messages: number; at: number; everyMs?: number }[]): Promise<void> {
  const storage = createSqliteStorage({ path: path.join(dataFolder, 'sessions.db') })
  for (const { id, title, provider = 'example', messages, at, everyMs = 0 } of sessions) {
    const session: SessionRecord = {
      sessionId: id,
      projectId: 'playground',
      provider,
      status: 'done',
      endReason: 'completed',
      ...usage,
      turns: messages / 2,
      usageBeforeRun: usage,
      model: '',
      ...(title !== undefined && { title }),
      modes: [],
      models: [],
      commands: [],
      plan: [],
      permissions: [],
      queue: [],
      options: {},
      createdAt: at,
      updatedAt: at,
      lastSeqId: messages,
    }
    const upsert = Array.from(
      { length: messages },
      (_, index): MessageRecord => ({
        id: `${id}-${index + 1}`,
        seqId: index + 1,
        role: index % 2 === 0 ? 'user' : 'assistant',
        content: `This is number ${index + 1} of ${id}.`,
        timestamp: at + index * everyMs,
      }),
    )
    await storage.commit({ session, upsert, remove: [] })
  }
  await storage.close()
}
