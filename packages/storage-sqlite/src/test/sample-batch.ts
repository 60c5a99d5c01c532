import type { CommitBatch } from '@agent-session/core'
import { sampleBatch, sampleMessage } from '@agent-session/core/conformance'

export { sampleMessage as message, sampleSession as session } from '@agent-session/core/conformance'

/** One message, and the session and cursor that go with it. */
export const batch = (seqId: number, sessionId = 's1'): CommitBatch =>
  sampleBatch({ sessionId, status: 'running' }, [sampleMessage(seqId)], { cursor: { epoch: 'e', seq: seqId } })
