// Runs the cases of the port by hand, for runtimes that have no vitest: bun --conditions=agent-session-source run-cases.ts
// Tells each case that fails, then how many passed with each driver; ends with 1 where one failed.

import { storageCases } from '@agent-session/core/conformance'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteStorage } from '../src/index.ts'
import { driverOf, type DriverName } from '../src/test/drivers.ts'

const names: readonly DriverName[] = 'Bun' in globalThis ? ['bun:sqlite'] : ['node:sqlite']

for (const name of names) {
  const driver = driverOf(name)
  const folder = mkdtempSync(join(tmpdir(), 'agent-session-cases-'))
  let [count, passed] = [0, 0]
  let path = ''
  const storage = () => createSqliteStorage({ path, ...(driver && { driver }) })
  for (const { name: title, run } of storageCases) {
    count += 1
    try {
      await run({
        shared: true,
        async open() {
          path = join(folder, `${count}.db`)
          return storage()
        },
        reopen: async () => storage(),
      })
      passed += 1
    } catch (thrown) {
      console.error(`${name}: ${title}:`, thrown)
      process.exitCode = 1
    }
  }
  // What the cases do not ask for: the index, and what keeps a file in order.
  const upkept = storage()
  await upkept.index()
  console.log(`${name}: ${passed} of ${storageCases.length} cases, check ${JSON.stringify(await upkept.check())}`)
  await upkept.close()
  rmSync(folder, { recursive: true, force: true })
}
