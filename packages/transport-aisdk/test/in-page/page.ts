// What an app's page does: a store on a transport to the page's own server, at the address that `useChat` would take.

import { type AgentSession, createAgentStore } from '@agent-session/core'
import { createAiSdkTransport } from '../../src/index.ts'

const store = createAgentStore({ transport: createAiSdkTransport({ onToolCall: () => ({ city: 'Paris' }) }) })

/** What a person does in the page, and what the person sees. */
export interface ChatPage {
  start(prompt: string): Promise<boolean>
  answer(optionId: string): Promise<void>
  stop(): Promise<void>
  see(): { readonly status: string; readonly endReason?: string | undefined; readonly error?: string | undefined; readonly asks: number; readonly talk: readonly string[] }
}

const shown = (): AgentSession => {
  const session = store.getSession('project')
  if (session === undefined) throw new Error('There is no session')
  return session
}

const page: ChatPage = {
  start: async (prompt) => (await store.start('project', { provider: 'aisdk', prompt })).ok,
  async answer(optionId) {
    const [question] = shown().permissions
    await shown().respond(question?.id ?? '', { optionId })
  },
  stop: async () => void (await store.stop('project')),
  see() {
    const { status, endReason, error, permissions, messages } = shown()
    return { status, endReason, error, asks: permissions.filter(({ state }) => state === 'pending').length, talk: messages.map(({ role, content }) => `${role}: ${content}`) }
  },
}

Object.assign(globalThis, { chat: page })
