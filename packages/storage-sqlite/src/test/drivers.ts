import type { SqliteDriver } from '../index.ts'

export const driverNames = ['node:sqlite', 'better-sqlite3', 'bun:sqlite'] as const
export type DriverName = (typeof driverNames)[number]

/** Imported late: no runtime has all three. `undefined` for the one that the storage takes by itself. */
export function driverOf(name: string): SqliteDriver | undefined {
  if (name === 'better-sqlite3') {
    return async (path) => {
      const { default: Database } = await import('better-sqlite3')
      return new Database(path)
    }
  }
  if (name === 'bun:sqlite') {
    return async (path) => {
      // Of Bun alone: TypeScript knows no such module here.
      const module = 'bun:sqlite'
      const { Database } = await import(module)
      return new Database(path)
    }
  }
  return undefined
}
