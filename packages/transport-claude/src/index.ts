export { claudeProvider, type ClaudeProviderOptions } from './claude-provider.ts'
export { createClaudeTransport, type ClaudeTransport, type ClaudeTransportOptions } from './claude-transport.ts'
export type { CanUseTool, ClaudeQuery, ClaudeSdk } from './claude-sdk.ts'
export { ClaudeFold, type HostFacts, type Loss, type RunPrompt } from './fold/claude-fold.ts'
