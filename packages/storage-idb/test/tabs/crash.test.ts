import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { buildTab, Chromium, makeProfile, type TabPage } from './chromium.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 })
const patience = { timeout: 60_000, interval: 5 }

/** More by hand: `BROWSER_CRASHES=20 npm run vitest -- packages/storage-idb/test/tabs/crash`. */
const crashes = Number(process.env['BROWSER_CRASHES'] ?? 3)
const saveDelayMs = 100

let script = ''
const profile = makeProfile()
beforeAll(async () => void (script = await buildTab()))
afterAll(() => profile.remove())

test(`F1 F2 the browser is killed -9 while it saves, ${crashes} times: the database opens, is whole, and holds all that was acknowledged`, async () => {
  let before: { readonly name: string; readonly tab: TabPage; readonly killed: number } | undefined
  for (let crash = 0; crash <= crashes; crash += 1) {
    const browser = await Chromium.launch(profile.path, script)
    onTestFinished(() => browser.close())
    if (before) {
      const { acknowledged, problems } = before.tab
      const again = await browser.open(before.name)
      const words = await again.do((tab) => tab.storedWords('p1'))
      expect(words).toEqual(words.map((_, index) => index + 1))
      expect(words.length).toBeGreaterThanOrEqual(acknowledged)
      // The last delay, and the commit in flight on a slow machine.
      expect(words.length).toBeGreaterThanOrEqual(before.tab.shownBefore(before.killed - saveDelayMs - 1000))
      const { outcome, seqId, stored } = await again.do(async ({ store, storage }) => {
        const { outcome } = await store.restore('p1')
        const session = await storage.lastSession('p1')
        return { outcome, seqId: session?.lastSeqId, stored: session && (await storage.loadMessages(session.sessionId, { limit: 1 })) }
      })
      expect(outcome).toBe('interrupted')
      // The session's record and its messages are of one commit.
      expect(stored?.[0]?.seqId).toBe(seqId)
      expect([...problems, ...again.problems]).toEqual([])
    }
    if (crash === crashes) return
    const name = `crash-${crash}`
    const tab = await browser.open(name, { saveDelayMs })
    await tab.do((it) => it.talk('p1'))
    await expect.poll(() => tab.acknowledged, patience).toBeGreaterThan(50 + ((crash * 67) % 400))
    const killed = performance.now()
    await browser.kill()
    before = { name, tab, killed }
  }
})
