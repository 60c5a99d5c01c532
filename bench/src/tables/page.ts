import type { Shown } from '../../page/main.ts'
import { inBrowser } from '../browser.ts'
import { buildPage } from '../build/build-page.ts'
import { interleaved } from '../interleaved.ts'
import { median } from '../median.ts'
import { profileLines, type ProfileLine } from '../profile-line.ts'
import { atLeast, atMost, short, type Goal, type MakeTable, type Profile } from '../report/table.ts'

const labels = {
  'plain-dom': 'plain DOM, once a frame',
  'agent-session-svelte': 'Agent Session, Svelte',
  'agent-session-vue': 'Agent Session, Vue',
  'floor-svelte-rows': 'floor, Svelte, a signal for each row',
  'floor-vue-rows': 'floor, Vue, a signal for each row',
  'floor-svelte': 'floor, Svelte, the list replaced',
  'floor-vue': 'floor, Vue, the list replaced',
  'ai-sdk-svelte': 'AI SDK, Svelte Chat',
  'ai-sdk-vue': 'AI SDK, Vue Chat',
  'ai-sdk-use-chat': 'AI SDK, useChat',
  'ai-sdk-use-chat-throttled': 'AI SDK, useChat, 50 ms throttle',
  tanstack: 'TanStack ChatClient, in Svelte',
  'ag-ui': 'AG-UI, in Svelte',
} as const

type Name = keyof typeof labels

interface Round {
  /** µs of script for a delta that showed. */
  readonly stream: number
  readonly burst: number
  readonly behindMs: number
  readonly complete: boolean
}

const rows = 2_000
const perSecond = 1_000
const burst = 2_000
/** Longer than a frame and a throttle take, with room. */
const behindLimitMs = 250

export const makePage: MakeTable = async ({ quick }) => {
  const skipped: readonly Name[] = ['tanstack', 'ag-ui', 'floor-svelte', 'floor-vue', 'ai-sdk-use-chat', 'ai-sdk-use-chat-throttled']
  const names = (Object.keys(labels) as Name[]).filter((name) => !quick || !skipped.includes(name))
  const [warmMs, streamMs] = quick ? [500, 1_000] : [2_000, 2_000]
  const measured = await interleaved(names, quick ? 1 : 3, (name) => measure(name, warmMs, streamMs))
  const of = (name: Name, field: 'stream' | 'burst' | 'behindMs'): number => median(measured(name).map((round) => round[field]))
  const complete = (name: Name): boolean => measured(name).every((round) => round.complete)

  const goals = (['svelte', 'vue'] as const).flatMap((framework): Goal[] => {
    const own = `agent-session-${framework}` as const
    const peer = `ai-sdk-${framework}` as const
    const named = framework === 'svelte' ? 'Svelte' : 'Vue'
    return [
      atMost(`${named}: script time a delta, against plain DOM`, 1.5, of(own, 'stream') / of('plain-dom', 'stream')),
      atLeast(`${named}: the AI SDK's Chat against it`, 25, of(peer, 'stream') / of(own, 'stream')),
      atLeast(`${named}: the same in a burst of ${short(burst)}`, 100, of(peer, 'burst') / of(own, 'burst')),
      {
        what: `${named}: does not fall behind`,
        goal: `all shown within ${behindLimitMs} ms`,
        measured: `${complete(own) ? 'all' : 'not all'} shown, ${short(of(own, 'behindMs'))} ms`,
        reached: complete(own) && of(own, 'behindMs') <= behindLimitMs,
      },
    ]
  })

  const profiles: Profile[] = []
  if (!quick && goals.some(({ reached }) => !reached)) {
    await buildPage(true)
    for (const name of ['agent-session-svelte', 'agent-session-vue', 'floor-svelte-rows'] as const) {
      profiles.push({ of: `${labels[name]}, 1,000 deltas a second`, lines: await profile(name) })
    }
  }
  return {
    title: 'A page with 2,000 rows',
    how:
      `µs of script for each delta, in Chromium, with ${short(rows)} rows: ${short(perSecond)} deltas a second into the last row, and ` +
      `${short(burst)} at once. Script time is the main thread's own time in scripts and the microtasks after them, from a trace; layout and ` +
      'paint are not in it, what tells the deltas (a timer each 5 ms) is. A frame comes each 16.7 ms.',
    columns: ['subject', 'µs a delta', '× plain DOM', 'µs a delta, burst', 'behind at the end'],
    rows: names.map((name) => [
      labels[name],
      short(of(name, 'stream')),
      short(of(name, 'stream') / of('plain-dom', 'stream')),
      short(of(name, 'burst')),
      complete(name) ? `${short(of(name, 'behindMs'))} ms` : 'not all shown after 4 s',
    ]),
    goals,
    remarks: [
      'Most of the script of a frame is the browser’s own and the framework’s: the floor with a signal for each row, which is a store of 60 lines, is ' +
        'itself above or close to the goal. Sixteen or seventeen deltas share a frame’s notice, and one row of the two thousand runs again.',
    ],
    profiles,
  }
}

function measure(name: Name, warmMs: number, streamMs: number): Promise<Round> {
  return inBrowser(async (page) => {
    await page.call('open', name, rows)
    await page.call('stream', warmMs, perSecond)
    const none: Shown = { told: 0, shown: 0, behindMs: 0 }
    let streamed = none
    let burstShown = none
    const streamScript = await page.scriptMs(async () => void (streamed = await page.call('stream', streamMs, perSecond)))
    const burstScript = await page.scriptMs(async () => void (burstShown = await page.call('burst', burst)))
    return {
      stream: (streamScript * 1_000) / streamed.shown,
      burst: (burstScript * 1_000) / burstShown.shown,
      behindMs: streamed.behindMs,
      complete: streamed.shown === streamed.told,
    }
  })
}

function profile(name: Name): Promise<ProfileLine[]> {
  return inBrowser(async (page) => {
    await page.call('open', name, rows)
    await page.call('stream', 1_000, perSecond)
    await page.cdp.send('Profiler.enable')
    await page.cdp.send('Profiler.setSamplingInterval', { interval: 100 })
    await page.cdp.send('Profiler.start')
    await page.call('stream', 3_000, perSecond)
    const { profile } = await page.cdp.send('Profiler.stop')
    return profileLines(profile, 12)
  })
}
