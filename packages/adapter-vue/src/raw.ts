import type { AgentSession } from '@agent-session/core'
import { markRaw } from 'vue'

/** A deep `ref` or `reactive` of the app would put a proxy around a session, which cannot reach its private fields. */
export const raw = (session: AgentSession | undefined): AgentSession | undefined => session && markRaw(session)
