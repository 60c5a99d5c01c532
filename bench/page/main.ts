// What the bench calls in the page. The script time is counted from outside, by the browser.
import { heldMessages } from '../subjects/held-message.ts'
import { piece } from '../subjects/subject.ts'
import { untilShown } from './next-frame.ts'
import type { PageSubject, ReadSubject } from './page-subject.ts'

export interface BenchPage {
  open(name: string, rows: number): Promise<void>
  /** Streams deltas by the clock for so long, and waits until they show. */
  stream(ms: number, perSecond: number): Promise<Shown>
  /** Streams so many deltas at once, and waits until they show. */
  burst(count: number): Promise<Shown>
  /** Ms that a component takes to read all of so many messages for the first time. */
  firstRead(name: string, messages: number): Promise<number>
}

export interface Shown {
  readonly told: number
  /** Deltas on screen at the end. */
  readonly shown: number
  /** Ms from the last delta until it showed, or until it was given up. */
  readonly behindMs: number
}

const subjects = import.meta.glob<{ subject: PageSubject }>('./subjects/*.ts')
const reads = import.meta.glob<{ subject: ReadSubject }>('./reads/*.ts')

const tickMs = 5
const patienceMs = 4_000
const heldCharacters = 80

const target = document.querySelector<HTMLElement>('#target')
if (target === null) throw new Error('The page has no target.')

let delta = (): void => {
  throw new Error('Nothing is open.')
}
let told = 0

const shownCharacters = (): number => target.lastElementChild?.textContent?.trim().length ?? 0
/** Texts end in a space, which is no part of what is compared. */
const charactersOf = (deltas: number): number => Math.max(0, deltas * piece.length - 1)

async function waitForAll(toldNow: number, before: number): Promise<Shown> {
  const ended = performance.now()
  await untilShown(() => shownCharacters() === charactersOf(told), patienceMs)
  const shown = Math.round((shownCharacters() + 1) / piece.length) - before
  return { told: toldNow, shown, behindMs: performance.now() - ended }
}

const page: BenchPage = {
  async open(name, rows) {
    const module = await subjects[`./subjects/${name}.ts`]?.()
    if (module === undefined) throw new Error(`There is no ${name}.`)
    delta = await module.subject.mount(target, heldMessages(rows, heldCharacters))
    delta()
    told = 1
    if (!(await untilShown(() => shownCharacters() === charactersOf(1), patienceMs))) throw new Error(`${name} shows nothing.`)
    if (target.childElementCount < rows) throw new Error(`${name} shows ${target.childElementCount} rows.`)
  },
  async stream(ms, perSecond) {
    const before = told
    const began = performance.now()
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        const elapsed = Math.min(ms, performance.now() - began)
        for (const due = before + Math.floor((elapsed * perSecond) / 1_000); told < due; told += 1) delta()
        if (elapsed < ms) return
        clearInterval(timer)
        resolve()
      }, tickMs)
    })
    return waitForAll(told - before, before)
  },
  burst(count) {
    const before = told
    for (; told < before + count; told += 1) delta()
    return waitForAll(count, before)
  },
  async firstRead(name, messages) {
    const module = await reads[`./reads/${name}.ts`]?.()
    if (module === undefined) throw new Error(`There is no ${name}.`)
    const held = heldMessages(messages, heldCharacters)
    const mount = await module.subject.open(held)
    await untilShown(() => false, 100)
    const before = performance.now()
    mount(target)
    const ms = performance.now() - before
    const characters = held.reduce((sum, { content }) => sum + content.length, 0)
    const read = Number(target.textContent)
    if (read < characters) throw new Error(`${name} read ${read} of ${characters} characters.`)
    return ms
  },
}

Object.assign(globalThis, { benchPage: page })
