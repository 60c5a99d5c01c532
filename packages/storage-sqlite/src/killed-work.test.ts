import { expect, test } from 'vitest'
import { databaseFolder } from './test/database-folder.ts'
import { killWork } from './test/kill-work.ts'

const { path: newPath } = databaseFolder()

/** One place in each; `npm run crashes` dies at every statement of each, with each driver. */
test.concurrent.each([
  ['commit', 'better-sqlite3', 6],
  ['delete', 'bun:sqlite', 5],
  ['index', 'node:sqlite', 9],
  ['compact', 'better-sqlite3', 1],
  ['migrate', 'node:sqlite', 12],
] as const)('F2 F12 a process that is killed (-9) in the middle of its work leaves all of it or nothing, and it can be done again: %s, %s', { timeout: 120_000 }, async (work, driver, atStatement) => {
  const [outcome] = await killWork(newPath, driver, work, () => [{ atStatement }])
  expect(outcome?.over).toBe(false)
})

test.each(['index', 'delete'] as const)('a process that has nothing else to do does not end before its work is over: %s', { timeout: 120_000 }, async (work) => {
  expect(await killWork(newPath, 'node:sqlite', work, () => [{ atStatement: 1_000_000 }])).toEqual([{ seen: 'after', over: true }])
})
