// Breaks the core in one place at a time and looks whether a test fails (mutation testing, with Stryker): what survives
// is a behaviour that no test holds. `npm run mutants` tries the folders that are held to 85 %, `npm run mutants health`
// those that are named. It takes minutes to an hour, so it is no part of `npm test`; what it found is kept in
// `packages/core/node_modules/.cache`, and the next time only what changed since is tried.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isStopping, run } from './run.mjs'
import { root, toolScript } from './workspace.mjs'

const HELD = ['retention', 'timers', 'route', 'reduce']

const core = join(root, 'packages', 'core')
const stryker = toolScript('@stryker-mutator/core', 'stryker')
const folders = process.argv.length > 2 ? process.argv.slice(2) : HELD

const failed = []
for (const folder of folders) {
  if (!existsSync(join(core, 'src', folder))) {
    console.error(`packages/core/src has no folder ${folder}.`)
    process.exit(1)
  }
  const { code } = await run(process.execPath, [stryker, 'run'], { cwd: core, env: { ...process.env, MUTANTS_FOLDER: folder } })
  if (isStopping()) process.exit(code)
  if (code !== 0) failed.push(folder)
}
if (failed.length > 0) console.error(`\nBelow the threshold, or not to be tried: ${failed.join(', ')}`)
process.exit(failed.length > 0 ? 1 : 0)
