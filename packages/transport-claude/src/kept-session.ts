import type { ClaudeSdk } from './claude-sdk.ts'
import type { KeptSession } from './fold/session-history.ts'

/** What the program has on disk of a session and of the sub-agents in it; nothing where the SDK is too old to say. */
export async function keptSession(sdk: ClaudeSdk, agentSessionId: string, cwd: string | undefined): Promise<KeptSession> {
  const where = cwd === undefined || cwd === '' ? {} : { dir: cwd }
  const messages = (await sdk.getSessionMessages?.(agentSessionId, where)) ?? []
  const ofSubagents: unknown[] = []
  for (const agentId of messages.length > 0 ? ((await sdk.listSubagents?.(agentSessionId, where)) ?? []) : []) {
    ofSubagents.push(...((await sdk.getSubagentMessages?.(agentSessionId, agentId, where)) ?? []))
  }
  return { messages, ofSubagents }
}
