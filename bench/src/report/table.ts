import type { ProfileLine } from '../profile-line.ts'

/** What one table of the suite gives. */
export interface Table {
  readonly title: string
  /** How it was measured, in a few sentences. */
  readonly how: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly goals: readonly Goal[]
  /** What was tried for a goal that is not reached, and what is in its way. */
  readonly remarks?: readonly string[]
  readonly profiles?: readonly Profile[]
}

export interface Goal {
  readonly what: string
  /** What is to be, and what is: as they are printed. */
  readonly goal: string
  readonly measured: string
  readonly reached: boolean
}

/** Shares of the time, by function and without what each calls; or of the bytes, by file. */
export interface Profile {
  readonly of: string
  readonly lines: readonly ProfileLine[]
}

interface RunOptions {
  /** A smoke run: fewer rounds, sizes and subjects, and no profiles. */
  readonly quick: boolean
}

export type MakeTable = (options: RunOptions) => Promise<Table>

export function atMost(what: string, limit: number, measured: number, unit = '×'): Goal {
  return { what, goal: `at most ${short(limit)}${unit}`, measured: `${short(measured)}${unit}`, reached: measured <= limit }
}

export function atLeast(what: string, limit: number, measured: number, unit = '×'): Goal {
  return { what, goal: `at least ${short(limit)}${unit}`, measured: `${short(measured)}${unit}`, reached: measured >= limit }
}

/** Three figures that count, for reading. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}
