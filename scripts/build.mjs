// Builds the packages with tsup, then the examples' pages with Vite.
//
//   node scripts/build.mjs                                            everything
//   node scripts/build.mjs --if-changed packages examples/console     these, where their sources changed since the last build

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inParallel } from './in-parallel.mjs'
import { isStopping, run } from './run.mjs'
import { exampleFolders, manifestOf, packageFolders, root, toolScript } from './workspace.mjs'

const stamps = join(root, 'node_modules', '.cache', 'agent-session', 'built')

function hashOf(...inputs) {
  const hash = createHash('sha256')
  const add = (path) => {
    const full = join(root, path)
    if (!existsSync(full)) return
    let entries
    try {
      entries = readdirSync(full, { withFileTypes: true })
    } catch {
      hash.update(`\n${path}\n`).update(readFileSync(full))
      return
    }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (['node_modules', 'dist'].includes(entry.name)) continue
      add(join(path, entry.name))
    }
  }
  for (const input of ['pnpm-lock.yaml', 'tsconfig.base.json', 'scripts/build.mjs', ...inputs]) add(input)
  return hash.digest('hex')
}

function builtFiles(folder) {
  const { publishConfig } = manifestOf(folder)
  return Object.values(publishConfig.exports).flatMap((entry) => (typeof entry === 'string' ? [] : Object.values(entry)))
}

const packageJob = (folder) => ({
  folder,
  args: [toolScript('tsup')],
  // the types of a package may be made of the core's
  inputs: [folder, 'packages/core/src', 'scripts/tsup-library.ts'],
  outputs: builtFiles(folder),
})

const pageJob = (folder) => ({
  folder,
  args: [toolScript('vite'), 'build', '--logLevel', 'warn'],
  inputs: [folder, 'packages'],
  outputs: [],
})

const hasPage = (folder) => ['ts', 'js', 'mjs'].some((end) => existsSync(join(root, folder, `vite.config.${end}`)))

const args = process.argv.slice(2)
const onlyChanged = args.includes('--if-changed')
const asked = args.filter((arg) => !arg.startsWith('--'))
const wants = (folder) => asked.length === 0 || asked.some((name) => folder === name || folder.startsWith(`${name}/`))

async function build(job) {
  if (isStopping()) return
  const stamp = join(stamps, job.folder.replaceAll('/', '-'))
  const now = hashOf(...job.inputs)
  const outputs = job.outputs.length > 0 ? job.outputs : ['dist']
  const isThere = () => outputs.every((file) => existsSync(join(root, job.folder, file)))
  if (onlyChanged && isThere() && existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return
  built += 1
  rmSync(stamp, { force: true })
  const { code, output } = await run(process.execPath, job.args, { capture: true, cwd: join(root, job.folder) })
  if (code !== 0) return failed.push(`── ${job.folder}\n${output.trim()}`)
  if (!isThere()) return failed.push(`── ${job.folder}\nwas built, but not all of ${outputs.join(', ')}`)
  mkdirSync(stamps, { recursive: true })
  writeFileSync(stamp, now)
}

const failed = []
let built = 0
const began = performance.now()
for (const jobs of [packageFolders().filter(wants).map(packageJob), exampleFolders().filter(wants).filter(hasPage).map(pageJob)]) {
  if (failed.length === 0) await inParallel(jobs, build)
}
if (failed.length > 0) {
  console.error(`${failed.join('\n\n')}\n\nThe build failed.`)
  process.exit(1)
}
if (built > 0) console.error(`Built ${built} of the workspace in ${((performance.now() - began) / 1000).toFixed(1)} s`)
