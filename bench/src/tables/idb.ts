import type { JournalName } from '../../page/journals/index.ts'
import { inBrowser, type BrowserPage } from '../browser.ts'
import { median } from '../median.ts'
import { atLeast, atMost, short, type MakeTable } from '../report/table.ts'

const labels: Readonly<Record<JournalName, string>> = {
  'agent-session': 'Agent Session',
  'record-a-flush': 'by hand, a record for each flush',
  'chunks-of-128': 'by hand, chunks of 128, the last one written anew',
  'record-a-message': 'by hand, a record for each message',
  'messages-alone': 'by hand, a record for each flush, the messages alone',
}
const names = Object.keys(labels) as JournalName[]
/** What keeps the same as ours. */
const byHand: readonly JournalName[] = ['record-a-flush', 'chunks-of-128', 'record-a-message']
const sizes = [1, 10, 100] as const

interface Costs {
  /** By name and size: ms a flush, and ms of the processor. */
  readonly saving: Map<string, { readonly ms: number[]; readonly processorMs: number[] }>
  /** By name and what is read: ms. */
  readonly reading: Map<string, number[]>
}

export const makeIdb: MakeTable = async ({ quick }) => {
  const { saving, reading } = await inBrowser((page) => measure(page, quick))
  const save = (name: JournalName, size: number): number => median(saving.get(`${name} ${size}`)?.ms ?? [])
  const processor = (name: JournalName, size: number): number => median(saving.get(`${name} ${size}`)?.processorMs ?? [])
  const read = (name: JournalName, what: string): number => median(reading.get(`${name} ${what}`) ?? [])
  const best = (size: number): number => Math.min(...byHand.map((name) => save(name, size)))
  return {
    title: 'Saving in IndexedDB and reading back',
    how:
      'In Chromium, on disk, durability relaxed: messages of some 370 bytes, saved 1, 10 and 100 at a time with the session’s record and its cursor in one ' +
      'transaction, ours with its fence too. Ms from the call to the end of the transaction, and ms of the processor in all of the ' +
      'browser’s processes; layouts in turn, one browser. Then what was saved 100 at a time is read back: all of a session, and its last ' +
      '200 as an app does that opens it (ours: record, messages and cursor).',
    columns: ['', ...sizes.map((size) => `ms, flush of ${size}`), ...sizes.map((size) => `CPU ms, flush of ${size}`), 'ms, all 100,000', 'ms, last 200 of 100,000', 'ms, last 200 of 1,000'],
    rows: names.map((name) => [
      labels[name],
      ...sizes.map((size) => short(save(name, size))),
      ...sizes.map((size) => short(processor(name, size))),
      ...['all', 'last of long', 'last of short'].map((what) => short(read(name, what))),
    ]),
    goals: [
      ...sizes.map((size) => atLeast(`the best layout by hand against ours, flushes of ${size}`, 0.7, best(size) / save('agent-session', size))),
      atMost('all messages against chunks of 128', 600 / 540, read('agent-session', 'all') / read('chunks-of-128', 'all')),
      atMost('the last 200', 5, read('agent-session', 'last of long'), ' ms'),
      atMost('the last 200 of a long session against those of one of 1,000', 1.5, read('agent-session', 'last of long') / read('agent-session', 'last of short')),
    ],
  }
}

async function measure(page: BrowserPage, quick: boolean): Promise<Costs> {
  const saving: Costs['saving'] = new Map()
  for (const size of sizes) {
    const flushes = quick ? 10 : 50
    for (let round = 0; round < (quick ? 2 : 15); round += 1) {
      for (const name of turned(names, round)) {
        const cost = saving.get(`${name} ${size}`) ?? { ms: [], processorMs: [] }
        saving.set(`${name} ${size}`, cost)
        let ms = 0
        const first = 1 + round * flushes * size
        const processorMs = await page.processorMs(async () => void (ms = await page.call('saveFlushes', name, `flushes of ${size}`, 's', first, size, flushes)))
        cost.ms.push(ms)
        cost.processorMs.push(processorMs / flushes)
      }
    }
  }
  const reading: Costs['reading'] = new Map()
  const long = quick ? 10_000 : 100_000
  for (const name of names) {
    await page.call('saveFlushes', name, 'reading', 'short', 1, 100, 10)
    for (let first = 1; first < long; first += 5_000) await page.call('saveFlushes', name, 'reading', 'long', first, 100, 50)
  }
  for (let round = 0; round < (quick ? 2 : 5); round += 1) {
    for (const name of turned(names, round)) {
      const add = async (what: string, sessionId: string, part: 'all' | 'last', expected: number): Promise<void> => {
        const key = `${name} ${what}`
        reading.set(key, [...(reading.get(key) ?? []), await page.call('readBack', name, 'reading', sessionId, part, expected)])
      }
      for (let time = 0; time < 9; time += 1) {
        await add('last of long', 'long', 'last', 200)
        await add('last of short', 'short', 'last', 200)
      }
      await add('all', 'long', 'all', long)
    }
  }
  return { saving, reading }
}

const turned = <Value>(values: readonly Value[], by: number): Value[] => [...values.slice(by % values.length), ...values.slice(0, by % values.length)]
