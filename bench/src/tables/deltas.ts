import { profileInProcess, measureInProcess } from '../in-process.ts'
import { interleaved } from '../interleaved.ts'
import { median } from '../median.ts'
import { atLeast, atMost, short, type MakeTable, type Profile } from '../report/table.ts'
import { subjects, type SubjectName } from '../subjects.ts'

interface Variant {
  readonly subject: SubjectName
  readonly eventsPerNotice: number
}

const stores: readonly SubjectName[] = ['agent-session/svelte', 'agent-session/vue', 'floor/svelte', 'floor/vue']
const throttledPeer = 'ai-sdk/use-chat-throttled'
const peers: readonly SubjectName[] = ['ai-sdk/svelte', 'ai-sdk/vue', 'ai-sdk/use-chat', 'tanstack', 'ag-ui']
const naive: readonly SubjectName[] = ['naive/svelte', 'naive/vue']

const variants = new Map<string, Variant>([
  ...stores.flatMap((subject): [string, Variant][] => [
    [`${subject} 1`, { subject, eventsPerNotice: 1 }],
    [`${subject} 16`, { subject, eventsPerNotice: 16 }],
  ]),
  ...[...peers, throttledPeer, ...naive].map((subject): [string, Variant] => [`${subject} 1`, { subject: subject as SubjectName, eventsPerNotice: 1 }]),
])

/** What the floor with a notice each delta cost where the goals were set, in µs, and the goals on that scale. */
const goalScale = { svelte: { floor: 1.2, each: 4, coalesced: 1 }, vue: { floor: 0.7, each: 2.5, coalesced: 1 } }

export const makeDeltas: MakeTable = async ({ quick }) => {
  const held = quick ? [100, 10_000] : [100, 10_000, 100_000]
  const largest = held.at(-1) ?? 0
  const budgetMs = quick ? 40 : 120
  const measured = await interleaved([...variants.keys()], quick ? 1 : 3, (name, round) => {
    const variant = variants.get(name)
    if (variant === undefined) throw new Error(`There is no ${name}.`)
    // Each size comes first once: the code gets warmer from one to the next.
    const order = [...held.slice(round % held.length), ...held.slice(0, round % held.length)]
    return measureInProcess({ kind: 'deltas', ...variant, held: order, budgetMs })
  })
  const cost = (name: string, count: number): number => median(measured(name).map((round) => round[count] ?? Number.NaN))
  const notices = (name: string): number => median(measured(name).map((round) => round['notices-10000'] ?? Number.NaN))

  const fastest = Math.min(...peers.map((name) => cost(`${name} 1`, 10_000)))
  const goals = (['svelte', 'vue'] as const).flatMap((framework) => {
    const own = `agent-session/${framework}`
    const floor = cost(`floor/${framework} 1`, 10_000)
    const goal = goalScale[framework]
    const named = framework === 'svelte' ? 'Svelte' : 'Vue'
    return [
      atMost(`${named}: ${short(largest)} held against 100, a notice each delta`, 1.5, cost(`${own} 1`, largest) / cost(`${own} 1`, 100)),
      atMost(`${named}: ${short(largest)} held against 100, a notice each 16`, 1.5, cost(`${own} 16`, largest) / cost(`${own} 16`, 100)),
      atMost(`${named}: a notice each delta, against the floor's`, goal.each / goal.floor, cost(`${own} 1`, 10_000) / floor),
      atMost(`${named}: a notice each 16, against the floor with a notice each delta`, goal.coalesced / goal.floor, cost(`${own} 16`, 10_000) / floor),
      atLeast(`${named}: the fastest peer without a throttle against a notice each 16, 10,000 held`, 10, fastest / cost(`${own} 16`, 10_000)),
      atLeast(`${named}: the fastest with one against a notice each 16, 10,000 held`, 3, cost(`${throttledPeer} 1`, 10_000) / cost(`${own} 16`, 10_000)),
    ]
  })

  const profiles: Profile[] = []
  if (!quick && goals.some(({ reached }) => !reached)) {
    for (const [name, of] of [
      ['agent-session/svelte 1', 'Agent Session, Svelte, a notice each delta'],
      ['agent-session/vue 1', 'Agent Session, Vue, a notice each delta'],
      ['agent-session/svelte 16', 'Agent Session, Svelte, a notice each 16 deltas'],
    ] as const) {
      const variant = variants.get(name)
      if (variant) profiles.push({ of, lines: await profileInProcess({ kind: 'deltas', ...variant, held: [10_000], budgetMs: 600 }) })
    }
  }

  return {
    title: 'A delta',
    how:
      'µs for a delta of five characters into the last message, with so many messages held, and a subscriber that reads status, ' +
      'count and the last text at each notice. The last columns: notices a delta, and the cost at 10,000 as a multiple of the ' +
      "same framework's floor with a notice each delta.",
    columns: ['subject', ...held.map((count) => `${short(count)} held`), `${short(largest)} / 100`, 'notices a delta', '× floor'],
    rows: [...variants].map(([name, { subject, eventsPerNotice }]) => [
      `${subjects[subject].label}${stores.includes(subject) ? `, a notice each ${eventsPerNotice === 1 ? 'delta' : eventsPerNotice}` : ''}`,
      ...held.map((count) => short(cost(name, count))),
      short(cost(name, largest) / cost(name, 100)),
      short(notices(name)),
      short(cost(name, 10_000) / cost(subject.includes('svelte') ? 'floor/svelte 1' : 'floor/vue 1', 10_000)),
    ]),
    goals,
    remarks: [
      'With a notice each delta most of it is the framework’s: the reader runs again, and each part that it reads is a subscription of its own, so ' +
        'that a reader of the status does not run for a delta. The floor has one for all. Svelte makes an effect for each read of a subscriber ' +
        '(`createSubscriber`); three parts are three, where it was nine before the project and the session were no longer followed beside the part.',
    ],
    profiles,
  }
}
