// A browser that dies while a real store saves, again and again, over one database.
import assert from 'node:assert/strict'
import { Chromium, type TabPage } from './chromium.ts'

/** When the browser is killed. */
const moments = ['in a commit', 'after a commit', 'at any time'] as const
type Moment = (typeof moments)[number]
const momentAt = (time: number): Moment => moments[time % moments.length] ?? 'at any time'

/** Ms that a change may wait until its commit begins, and characters of each word: for one that is in flight nearly always, or seldom. */
const manners: Readonly<Record<Moment, { readonly saveDelayMs: number; readonly length: number }>> = {
  'in a commit': { saveDelayMs: 5, length: 20_000 },
  'after a commit': { saveDelayMs: 100, length: 0 },
  'at any time': { saveDelayMs: 100, length: 0 },
}

export interface Crash {
  readonly moment: Moment
  /** How many words were shown, were in commits that had ended, and are stored. */
  readonly shown: number
  readonly acknowledged: number
  readonly stored: number
  /** How long ago the first word that is not stored was shown; 0 where none is missing. */
  readonly lostMs: number
  /** What became of the commit in flight; `undefined` where there was none. */
  readonly inFlight: 'kept' | 'lost' | undefined
}

export interface CrashRunOptions {
  readonly times: number
  /** A folder for the browser's data. */
  readonly profile: string
  /** What the pages run. */
  readonly script: string
  /** From 0 to below 1. */
  readonly random: () => number
  readonly onCrash?: (crash: Crash) => void
}

/** Rejects with what is lost or not whole. */
export async function crashBrowser({ times, profile, script, random, onCrash = () => {} }: CrashRunOptions): Promise<Crash[]> {
  const crashes: Crash[] = []
  let before: TabPage | undefined
  for (let time = 0; time <= times; time += 1) {
    const browser = await Chromium.launch(profile, script)
    try {
      const { saveDelayMs, length } = manners[momentAt(time)]
      const tab = await browser.open('crashes', { saveDelayMs })
      // What earlier crashes have left stays as it was.
      for (const [index, { stored }] of crashes.entries()) assert.equal((await wordsOf(tab, index)).length, stored, `What crash ${index} had left is gone. ${tab.problems.join()}`)
      if (before) {
        const crash = await compare(before, tab, time - 1)
        crashes.push(crash)
        onCrash(crash)
      }
      if (time === times) break
      await tab.do((it, { project, length }) => it.talk(project, length), { project: `p${time}`, length })
      await waitFor(momentAt(time), tab, random)
      await browser.kill()
      before = tab
    } finally {
      await browser.close()
    }
  }
  return crashes
}

async function waitFor(moment: Moment, tab: TabPage, random: () => number): Promise<void> {
  // More than the joins of small chunks, which come with each seventeenth commit.
  const commits = 2 + Math.floor(random() * 40)
  for (let n = 0; n < commits; n += 1) await tab.hears('committed')
  if (moment === 'in a commit') await tab.hears('committing')
  if (moment === 'at any time') await new Promise((resolve) => setTimeout(resolve, random() * 200))
}

/** What a page had told before it died against what another one finds. */
async function compare(dead: TabPage, tab: TabPage, time: number): Promise<Crash> {
  const stored = (await wordsOf(tab, time)).length
  const { told } = dead
  const now = told.at(-1)?.at ?? 0
  const last = told.findLast(({ type }) => type !== 'shown')
  const inFlight = last?.type === 'committing' ? last : undefined
  const acknowledged = dead.last('committed')
  assert.ok(stored >= acknowledged, `${acknowledged} words were acknowledged, and ${stored} are stored`)
  // No timer of the page came later than its own beat did.
  const lateness = Math.max(...told.map(({ at }, index) => at - (told[index - 1]?.at ?? at)))
  const { saveDelayMs } = manners[momentAt(time)]
  const due = told.findLast(({ type, at }) => type === 'shown' && endOfCommit(told, at) + saveDelayMs + lateness < (inFlight?.at ?? now))?.count ?? 0
  assert.ok(stored >= due, `${due} words should have been saved, and ${stored} are stored: ${JSON.stringify(told.slice(-20))}`)
  const missing = told.find(({ type, count }) => type === 'shown' && count > stored)

  const { outcome, lastSeqId, newest } = await tab.do(async ({ store, storage }, project) => {
    const { outcome } = await store.restore(project)
    const session = await storage.lastSession(project)
    const [newest] = session ? await storage.loadMessages(session.sessionId, { limit: 1 }) : []
    return { outcome, lastSeqId: session?.lastSeqId, newest: newest?.seqId }
  }, `p${time}`)
  assert.equal(outcome, 'interrupted')
  assert.equal(newest, lastSeqId, 'The session\'s record and its messages are of two commits')
  assert.deepEqual([...dead.problems, ...tab.problems], [])
  return {
    moment: momentAt(time),
    shown: dead.last('shown'),
    acknowledged,
    stored,
    lostMs: missing ? now - missing.at : 0,
    inFlight: inFlight && (stored >= inFlight.count ? 'kept' : 'lost'),
  }
}

/** When the commit ended that was in flight then; that time itself where none was. */
function endOfCommit(told: TabPage['told'], at: number): number {
  const first = told.find((one) => one.at > at && (one.type === 'committing' || one.type === 'committed'))
  return first?.type === 'committed' ? first.at : at
}

/** In order, once each, and none is missing before the last. */
async function wordsOf(tab: TabPage, time: number): Promise<number[]> {
  const words = await tab.do((it, project) => it.storedWords(project), `p${time}`)
  assert.deepEqual(words, words.map((_, index) => index + 1))
  return words
}
