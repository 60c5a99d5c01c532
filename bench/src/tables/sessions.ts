import { measureInProcess, profileInProcess } from '../in-process.ts'
import { interleaved } from '../interleaved.ts'
import { median } from '../median.ts'
import { atMost, short, type MakeTable, type Profile } from '../report/table.ts'

const cases = {
  'one, each': { label: 'one session, a notice each event', store: 'agent-session', sessions: 1, eventsPerNotice: 1 },
  'many, each': { label: '1,000 sessions, a notice each event', store: 'agent-session', sessions: 1_000, eventsPerNotice: 1 },
  'one, 16': { label: 'one session, a notice each 16 events', store: 'agent-session', sessions: 1, eventsPerNotice: 16 },
  'many, 16': { label: '1,000 sessions, a notice each 16 events (of 16 sessions)', store: 'agent-session', sessions: 1_000, eventsPerNotice: 16 },
  'floor: one, each': { label: 'floor, one store, a notice each event', store: 'floor', sessions: 1, eventsPerNotice: 1 },
  'floor: many, each': { label: 'floor, 1,000 stores, a notice each event', store: 'floor', sessions: 1_000, eventsPerNotice: 1 },
} as const

type Case = keyof typeof cases

export const makeSessions: MakeTable = async ({ quick }) => {
  const names = Object.keys(cases) as Case[]
  const ask = (name: Case) => {
    const { store, sessions, eventsPerNotice } = cases[name]
    return { kind: 'sessions', store, sessions, eventsPerNotice, events: quick ? 10_000 : 20_000 } as const
  }
  const measured = await interleaved(names, quick ? 1 : 5, (name) => measureInProcess(ask(name)))
  const of = (name: Case, field: string): number => median(measured(name).map((round) => round[field] ?? Number.NaN))
  const goals = [
    atMost('cost an event, 1,000 sessions against one, a notice each event', 1.5, of('many, each', 'cost') / of('one, each', 'cost')),
    atMost('the same, a notice each 16 events', 1.5, of('many, 16', 'cost') / of('one, 16', 'cost')),
    atMost('timers armed for each kind and session', 1, of('many, each', 'timers'), ''),
  ]
  const profiles: Profile[] = []
  if (!quick && goals.some(({ reached }) => !reached)) {
    for (const name of ['many, each', 'one, each'] as const) profiles.push({ of: cases[name].label, lines: await profileInProcess(ask(name)) })
  }
  const oneOf = (name: Case): Case => (name.startsWith('floor') ? 'floor: one, each' : name.endsWith('each') ? 'one, each' : 'one, 16')
  return {
    title: '1,000 sessions at once',
    how:
      'µs for a delta, when so many sessions stream in turn, each with a subscriber of its own; and how many timers of one delay a ' +
      'session has armed at most. The floor shows what the machine makes of so many places in memory, one after the other.',
    columns: ['', 'µs an event', '× one session', 'timers of a kind, a session'],
    rows: names.map((name) => [
      cases[name].label,
      short(of(name, 'cost')),
      short(of(name, 'cost') / of(oneOf(name), 'cost')),
      short(of(name, 'timers')),
    ]),
    goals,
    remarks: [
      'Each event reads some twenty objects of its session, and with a thousand sessions in turn none of them is in a near cache any more: the time ' +
        'goes where an object is first read, not where work is done. The floor reads three.',
      'Tried, and kept: a journal that only counts while a save is coming; no second look-up of the session in the directory; no map of message ' +
        'listeners where there are none; pending changes that hang on the session. How much is left depends on the machine’s caches, and on what else uses them.',
    ],
    profiles,
  }
}
