export { stdioAgents, type AgentProgram, type StdioAgents, type StdioAgentsOptions } from './stdio-agents.ts'
