export { acpProvider, type AcpProviderOptions } from './acp-provider.ts'
export { stdioAgents, type AgentProgram, type StdioAgents, type StdioAgentsOptions } from './stdio-agents.ts'
export { localCommands, type LocalCommandsOptions } from './local-commands.ts'
export { localFiles, type LocalFilesOptions } from './local-files.ts'
