export { animationFrame } from '@agent-session/core'
export { agentSession } from './agent-session.ts'
export { provideAgentStore, useAgentStore } from './agent-store-context.ts'
export { useAgentSession, type CurrentAgentSession } from './use-agent-session.ts'
