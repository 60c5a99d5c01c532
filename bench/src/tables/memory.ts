import { measureInProcess } from '../in-process.ts'
import { interleaved } from '../interleaved.ts'
import { median } from '../median.ts'
import { atMost, short, type MakeTable } from '../report/table.ts'
import { subjects } from '../subjects.ts'

const names = [
  'plain',
  'agent-session/svelte',
  'agent-session/vue',
  'agent-session/svelte each',
  'agent-session/vue each',
  'agent-session/svelte-default',
  'floor/svelte',
  'floor/vue',
  'naive/svelte',
  'naive/vue',
  'ai-sdk/svelte',
  'ai-sdk/vue',
  'ai-sdk/use-chat',
  'tanstack',
  'ag-ui',
] as const

const labels = new Map<string, string>([
  ['plain', 'plain objects in an array'],
  ['agent-session/svelte each', 'Agent Session, Svelte, each message by an effect of its own'],
  ['agent-session/vue each', 'Agent Session, Vue, each message by a scope of its own'],
  ...Object.entries(subjects).map(([name, { label }]): [string, string] => [name, label]),
])

export const makeMemory: MakeTable = async ({ quick }) => {
  const messages = quick ? 20_000 : 100_000
  const asked = quick ? names.filter((name) => !name.includes('naive')) : names
  // What is counted after a collection is the same each time: one round does.
  const measured = await interleaved(asked, 1, (name) =>
    measureInProcess({ kind: 'memory', subject: name.replace(' each', ''), each: name.endsWith(' each'), messages }),
  )
  const bytes = (name: (typeof names)[number]): number => median(measured(name).map((round) => round['bytes'] ?? Number.NaN))
  const plain = bytes('plain')
  return {
    title: 'Memory',
    how:
      `Bytes a message, at ${short(messages)} messages of 400 characters, after a UI has read every one as a list and goes on looking ` +
      '(the heap after garbage collection, less what it was before). “Each by an effect of its own” is what a list of that many rows ' +
      'would subscribe, and is mostly the framework’s own.',
    columns: ['subject', 'bytes a message', '× plain objects'],
    rows: asked.map((name) => [labels.get(name) ?? name, short(bytes(name)), short(bytes(name) / plain)]),
    goals: [
      atMost('Svelte: against plain objects', 1.3, bytes('agent-session/svelte') / plain),
      atMost('Vue: against plain objects', 1.3, bytes('agent-session/vue') / plain),
    ],
  }
}
