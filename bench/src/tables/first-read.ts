import { inBrowser } from '../browser.ts'
import { interleaved } from '../interleaved.ts'
import { median } from '../median.ts'
import { atMost, short, type MakeTable } from '../report/table.ts'

const reads = {
  'plain-svelte': { label: 'a plain array, Svelte', messages: 100_000 },
  'agent-session-svelte': { label: 'Agent Session, Svelte', messages: 100_000 },
  'ai-sdk-svelte': { label: 'AI SDK, Svelte Chat', messages: 100_000 },
  'plain-vue': { label: 'a plain array, Vue', messages: 100_000 },
  'agent-session-vue': { label: 'Agent Session, Vue', messages: 100_000 },
  'ai-sdk-vue': { label: 'AI SDK, Vue Chat', messages: 100_000 },
  'ai-sdk-use-chat': { label: 'AI SDK, useChat', messages: 100_000 },
  'agent-session-svelte-each': { label: 'Agent Session, Svelte, 10,000 by `message(id)` in one effect', messages: 10_000 },
} as const

type Read = keyof typeof reads

export const makeFirstRead: MakeTable = async ({ quick }) => {
  const names = Object.keys(reads) as Read[]
  const measured = await interleaved(names, quick ? 1 : 5, (name) =>
    inBrowser((page) => page.call('firstRead', name, reads[name].messages)),
  )
  const ms = (name: Read): number => median(measured(name))
  const plainOf = (name: Read): Read => (name.includes('svelte') ? 'plain-svelte' : 'plain-vue')
  return {
    title: 'The first full read',
    how: 'Ms to mount a component, in Chromium, that reads the text of each of 100,000 messages for the first time.',
    columns: ['subject', 'ms', '× a plain array'],
    rows: names.map((name) => [reads[name].label, short(ms(name)), reads[name].messages < 100_000 ? '' : short(ms(name) / ms(plainOf(name)))]),
    goals: [
      atMost('Svelte: against a plain array', 3, ms('agent-session-svelte') / ms('plain-svelte')),
      atMost('Vue: against a plain array', 3, ms('agent-session-vue') / ms('plain-vue')),
    ],
  }
}
