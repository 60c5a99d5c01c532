export { createClaudeTransport, type ClaudeTransport, type ClaudeTransportOptions, type ForkRequest } from './claude-transport.ts'
export type { CanUseTool, ClaudeQuery, ClaudeSdk } from './claude-sdk.ts'
export { ClaudeFold, type Loss, type RunPrompt } from './fold/claude-fold.ts'
