import type { SessionRecord } from '../session/session-record.ts'
import type { SessionSummary } from './session-storage.ts'

/** What a list shows of a session. What the record does not have is absent here too. */
export function summaryOf(record: SessionRecord): SessionSummary {
  return {
    sessionId: record.sessionId,
    projectId: record.projectId,
    provider: record.provider,
    status: record.status,
    model: record.model,
    costUsd: record.costUsd,
    inputTokens: record.inputTokens,
    outputTokens: record.outputTokens,
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
    lastSeqId: record.lastSeqId,
    ...(record.endReason !== undefined && { endReason: record.endReason }),
    ...(record.title !== undefined && { title: record.title }),
    ...(record.error !== undefined && { error: record.error }),
    ...(record.pinned !== undefined && { pinned: record.pinned }),
  }
}
