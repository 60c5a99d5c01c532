export { ollamaProvider } from './ollama-provider.ts'
export { createOllamaTransport, type OllamaTransportOptions } from './ollama-transport.ts'
export type { OllamaTool, ToolContext } from './ollama-tool.ts'
export { OllamaFold, type AskedTool, type Reply, type RunEnd, type ToolOutcome } from './fold/ollama-fold.ts'
