import { markdown } from './markdown.ts'
import { surroundings } from './surroundings.ts'
import type { Table } from './table.ts'

const driven = [
  '- Every subject is driven through its public API, in a process of its own, or in a browser of its own. Subjects are interleaved: all once, then',
  '  all again from another one on. What is printed is the median of the rounds, and each round is a median of batches after a warm-up.',
  '- Production builds by Vite with the conditions of browsers, `NODE_ENV=production`, compiled components. In Node they are not minified.',
  '- **Agent Session**: the packages as built, a store with a transport that the bench speaks for and a storage that keeps nothing (in',
  '  “1,000 sessions” and “20,000 events” a real one); read through `useAgentSession`. `residentMessages` is raised so that all',
  '  stay in memory; by default 2,000 do.',
  '- **AI SDK**: a `ChatTransport` whose `ReadableStream` gives `UIMessageChunk`s; `chat.status`, `chat.messages` read in an effect or a watcher.',
  '  The timer of the 50 ms throttle is run by hand in Node, each 50 deltas: what comes in 50 ms at 1,000 a second. In the page it is the real one.',
  '- **TanStack**: `ChatClient` with `stream()` as its connection, read in `onMessagesChange`. It waits for a timer of 0 ms after each chunk; in',
  '  Node that is a microtask here, so that its work alone is seen. In the page it is the real one.',
  '- **AG-UI**: an `AbstractAgent` whose `run` gives an RxJS subject, read in `onMessagesChanged`.',
  '- **Naive**: `messages = [...messages, m]`, in `$state` and in a `ref`.',
  '- **Floor**: a store of 60 lines that swaps one row and coalesces its notices. It checks, orders, saves and times nothing.',
]

/** The whole of RESULTS.md. */
export function results(tables: readonly Table[], seconds: number): string {
  const goals = tables.flatMap((table) => table.goals)
  const missed = tables.flatMap(({ title, goals }) => goals.filter(({ reached }) => !reached).map((goal) => ({ title, ...goal })))
  return [
    '# What the library costs, beside what one would use instead',
    `Written by \`npm run bench\`, which took ${seconds} s. Machines differ, so the ratios count, and not the µs.`,
    surroundings().join('\n'),
    `**${goals.length - missed.length} of ${goals.length} goals are reached.**${missed.length > 0 ? ' Not reached:' : ''}`,
    ...(missed.length > 0 ? [missed.map(({ title, what, goal, measured }) => `- ${title} – ${what}: ${goal}, and it is ${measured}`).join('\n')] : []),
    '## How',
    driven.join('\n'),
    ...tables.map(markdown),
  ]
    .join('\n\n')
    .concat('\n')
}
