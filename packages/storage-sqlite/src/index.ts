export { createSqliteStorage, type SqliteStorage, type SqliteStorageOptions } from './sqlite-storage.ts'
export type { SizeReport } from './upkeep.ts'
export type { SqliteDatabase, SqliteDriver, SqliteStatement, SqliteValue } from './sqlite-driver.ts'
