/** The SDK is an optional peer, which need not be there when this is built. What is used of it is in claude-sdk.ts. */
declare module '@anthropic-ai/claude-agent-sdk' {
  const sdk: unknown
  export = sdk
}
