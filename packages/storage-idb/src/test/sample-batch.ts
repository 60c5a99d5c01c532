import type { CommitBatch, MessageRecord, SessionRecord } from '@agent-session/core'

const noUsage = { costUsd: 0, inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 }

export const session = (fields: Partial<SessionRecord> = {}): SessionRecord => ({
  sessionId: 's1',
  projectId: 'p1',
  provider: 'claude',
  status: 'running',
  ...noUsage,
  usageBeforeRun: noUsage,
  model: '',
  modes: [],
  models: [],
  commands: [],
  plan: [],
  permissions: [],
  queue: [],
  options: {},
  turns: 0,
  createdAt: 1_700_000_000_000,
  updatedAt: 1_700_000_000_000,
  lastSeqId: 0,
  ...fields,
})

export const message = (seqId: number, fields: Partial<MessageRecord> = {}): MessageRecord => ({
  id: `m${seqId}`,
  seqId,
  role: 'assistant',
  content: `message ${seqId}`,
  timestamp: 1_700_000_000_000 + seqId,
  ...fields,
})

/** One message, and the session and cursor that go with it. */
export const batch = (seqId: number, sessionId = 's1'): CommitBatch => ({
  session: session({ sessionId, lastSeqId: seqId }),
  upsert: [message(seqId)],
  remove: [],
  cursor: { epoch: 'e', seq: seqId },
})
