// A process of its own that does one thing with a file: node work-until-killed.ts PATH DRIVER WORK DIE_AT
// It tells `begin` before it, and kills itself (-9) before the statement of that number, counted from there.

import { createSqliteStorage, type SqliteDatabase, type SqliteStatement } from '../index.ts'
import { nodeSqlite } from '../sqlite-driver.ts'
import { driverOf } from './drivers.ts'
import { tellParent } from './tell-parent.ts'
import { doWork, upkeepWorks } from './upkeep-work.ts'

const [path = '', driverName = '', workName = '', dieAt = ''] = process.argv.slice(2)
const work = upkeepWorks.find((name) => name === workName)
if (work === undefined) throw new Error(`There is no ${workName}`)
const driver = driverOf(driverName) ?? nodeSqlite
let counting = work === 'migrate'
let left = Number(dieAt)

function die(): void {
  if (counting && (left -= 1) < 0) process.kill(process.pid, 'SIGKILL')
}

const storage = createSqliteStorage({
  path,
  driver: async (path): Promise<SqliteDatabase> => {
    const database = await driver(path)
    return {
      exec(sql) {
        // Each statement of a migration is a place to die at; comments may hold semicolons.
        const statements = sql.replaceAll(/--.*/g, '').split(';').filter((part) => part.trim() !== '')
        for (const statement of statements) {
          die()
          database.exec(statement)
        }
      },
      prepare(sql): SqliteStatement {
        const statement = database.prepare(sql)
        return {
          run: (...values) => (die(), statement.run(...values)),
          get: (...values) => (die(), statement.get(...values)),
          all: (...values) => (die(), statement.all(...values)),
        }
      },
      close: () => database.close(),
    }
  },
})
if (work !== 'migrate') await storage.ready()
tellParent('begin')
counting = true
await doWork(storage, work)
counting = false
tellParent('done')
await storage.close()
