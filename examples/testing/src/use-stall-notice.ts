import { useAgentSession } from '@agent-session/adapter-vue'
import type { AgentStore } from '@agent-session/core'
import { computed } from 'vue'

/** For a template: what to say of a session that is silent for too long, and what ends it. `store` absent: the app's. */
export function useStallNotice(projectId: string, options?: { readonly store?: AgentStore }) {
  const { stall, stop } = useAgentSession(projectId, options)
  const notice = computed(() => (stall.value !== undefined && stall.value.cause !== 'person' ? 'Silent for a quarter of an hour' : undefined))
  return { notice, stop }
}
