import { measureInProcess, profileInProcess } from '../in-process.ts'
import { interleaved } from '../interleaved.ts'
import { median } from '../median.ts'
import { atLeast, atMost, short, type MakeTable, type Profile } from '../report/table.ts'
import { subjects, type SubjectName } from '../subjects.ts'

const stores: readonly SubjectName[] = ['agent-session/svelte', 'agent-session/vue', 'floor/svelte', 'floor/vue']
const peers: readonly SubjectName[] = ['ai-sdk/svelte', 'ai-sdk/vue', 'ai-sdk/use-chat', 'tanstack', 'ag-ui']
const names: readonly SubjectName[] = [...stores, ...peers, 'ai-sdk/use-chat-throttled', 'naive/svelte', 'naive/vue']

export const makeMessages: MakeTable = async ({ quick }) => {
  const held = quick ? [100, 10_000] : [100, 10_000, 100_000]
  const largest = held.at(-1) ?? 0
  const measured = await interleaved(names, quick ? 1 : 3, (subject, round) => {
    // The peers are slow enough at 10,000.
    const own = stores.includes(subject) ? held : held.filter((count) => count <= 10_000)
    const order = [...own.slice(round % own.length), ...own.slice(0, round % own.length)]
    return measureInProcess({ kind: 'turns', subject, held: order, budgetMs: quick ? 50 : 120 })
  })
  const cost = (name: SubjectName, count: number): number => median(measured(name).map((round) => round[count] ?? Number.NaN))
  const fastest = Math.min(...peers.map((name) => cost(name, 10_000)))

  const goals = (['svelte', 'vue'] as const).flatMap((framework) => {
    const own = `agent-session/${framework}` as const
    const named = framework === 'svelte' ? 'Svelte' : 'Vue'
    return [
      atMost(`${named}: ${short(largest)} held against 100`, 1.5, cost(own, largest) / cost(own, 100)),
      atMost(`${named}: against the floor, 10,000 held`, 2, cost(own, 10_000) / cost(`floor/${framework}`, 10_000)),
      atLeast(`${named}: the fastest peer without a throttle against it, 10,000 held`, 3, fastest / cost(own, 10_000)),
    ]
  })
  const profiles: Profile[] = []
  if (!quick && goals.some(({ reached }) => !reached)) {
    const lines = await profileInProcess({ kind: 'turns', subject: 'agent-session/vue', held: [10_000], budgetMs: 600 })
    profiles.push({ of: 'Agent Session, Vue, whole messages', lines })
  }
  return {
    title: 'A whole message',
    how:
      'µs for a message that comes whole, with a notice for each: tool call, result and text in turn, ten of each at a time. ' +
      'The peers have a call, its result and a text as parts of one answer, ten of each to an answer; what a request costs them is in it.',
    columns: ['subject', ...held.map((count) => `${short(count)} held`), '× floor'],
    rows: names.map((name) => [
      subjects[name].label,
      ...held.map((count) => short(cost(name, count))),
      short(cost(name, 10_000) / cost(name.includes('svelte') ? 'floor/svelte' : 'floor/vue', 10_000)),
    ]),
    goals,
    remarks: [
      'The floor keeps an id and a text. Here the message is checked field by field, given its seqId, paired with its call, put under three keys ' +
        '(its id, its call, what is still open), and the state, the journal and the notice learn of it. No part of that stands out in a profile.',
      'Tried, and kept: a save’s new messages as a range of seqIds and not a set of ids; one copy of the state for a message and its time; one look-up ' +
        'of a call; no state object that has lost a key (each copy of such a one takes microseconds).',
      'A new store meets code that was optimised for the one before it, and the thirty batches here end before it is optimised again: after three ' +
        'stores a message costs two thirds of this, the floor’s as well, so the ratio stays.',
    ],
    profiles,
  }
}
