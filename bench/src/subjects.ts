/** What is compared: each name is a module of `subjects/`. */
export const subjects = {
  'agent-session/svelte': { label: 'Agent Session, Svelte', entry: 'agent-session/svelte.ts' },
  'agent-session/vue': { label: 'Agent Session, Vue', entry: 'agent-session/vue.ts' },
  'agent-session/svelte-default': { label: 'Agent Session, Svelte, default limits', entry: 'agent-session/svelte-default.ts' },
  'floor/svelte': { label: 'floor, Svelte', entry: 'floor/svelte.ts' },
  'floor/vue': { label: 'floor, Vue', entry: 'floor/vue.ts' },
  'naive/svelte': { label: 'naive spread, Svelte', entry: 'naive/svelte.svelte.ts' },
  'naive/vue': { label: 'naive spread, Vue', entry: 'naive/vue.ts' },
  'ai-sdk/svelte': { label: 'AI SDK, Svelte Chat', entry: 'peers/ai-sdk-svelte.ts' },
  'ai-sdk/vue': { label: 'AI SDK, Vue Chat', entry: 'peers/ai-sdk-vue.ts' },
  'ai-sdk/use-chat': { label: 'AI SDK, useChat', entry: 'peers/ai-sdk-use-chat.ts' },
  'ai-sdk/use-chat-throttled': { label: 'AI SDK, useChat, 50 ms throttle', entry: 'peers/ai-sdk-use-chat-throttled.ts' },
  tanstack: { label: 'TanStack ChatClient (timer bypassed)', entry: 'peers/tanstack.ts' },
  'ag-ui': { label: 'AG-UI', entry: 'peers/ag-ui.ts' },
} as const

export type SubjectName = keyof typeof subjects
