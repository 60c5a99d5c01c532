import type { ProviderOptions } from '@agent-session/core'

/** What a start may say to any agent of this protocol; the others have no place there. */
export const startOptions: ProviderOptions = {
  cwd: true,
  model: true,
  permissionMode: true,
  systemPrompt: true,
  additionalDirectories: true,
  mcpServers: true,
  agentSessionId: true,
}
