// Checks the types of everything: each package's source alone, in the environment it is written for, then with its tests;
// the examples; the tests and scripts of the root.
//
//   node scripts/typecheck.mjs                  all
//   node scripts/typecheck.mjs packages/core    that folder

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { inParallel } from './in-parallel.mjs'
import { run } from './run.mjs'
import { exampleFolders, packageFolders, root, toolScript } from './workspace.mjs'

function holds(folder, end) {
  return readdirSync(join(root, folder), { withFileTypes: true }).some((entry) =>
    entry.isDirectory()
      ? !['node_modules', 'dist'].includes(entry.name) && holds(join(folder, entry.name), end)
      : entry.name.endsWith(end),
  )
}

// The native compiler takes an eighth of the time of the one in JavaScript, which only the checkers of components still need.
const tsc = (config) => ({ name: config, args: [toolScript('typescript-native', 'tsc'), '-p', config, '--pretty'] })

function jobsOf(folder) {
  const config = join(folder, 'tsconfig.json')
  const jobs = []
  if (existsSync(join(root, folder, 'tsconfig.build.json'))) jobs.push(tsc(join(folder, 'tsconfig.build.json')))
  // where there are components, their compiler's own checker reads the TypeScript beside them too
  if (folder !== '.' && holds(folder, '.svelte')) {
    const args = [toolScript('svelte-check'), '--workspace', folder, '--tsconfig', './tsconfig.json']
    jobs.push({ name: `${config} (svelte-check)`, args: [...args, '--output', 'human', '--fail-on-warnings'], isSlow: true })
  } else if (folder !== '.' && holds(folder, '.vue')) {
    jobs.push({ name: `${config} (vue-tsc)`, args: [toolScript('vue-tsc'), '-p', config, '--pretty'], isSlow: true })
  } else jobs.push(tsc(config))
  return jobs
}

const all = [...packageFolders(), ...exampleFolders(), 'bench', 'simulation', '.']
const asked = process.argv.slice(2).map((name) => name.replace(/^\.\//, '').replace(/\/$/, ''))
const unknown = asked.filter((name) => !all.includes(name))
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}: name some of ${all.join(', ')}`)
  process.exit(2)
}

// The slow ones first: none of them is to run alone at the end.
const jobs = (asked.length > 0 ? asked : all).flatMap(jobsOf).sort((a, b) => Number(b.isSlow ?? false) - Number(a.isSlow ?? false))
const failed = (
  await inParallel(jobs, async (job) => {
    const { code, output } = await run(process.execPath, job.args, { capture: true, cwd: root })
    // a folder that holds no source yet is no mistake
    const empty = code !== 0 && /TS18003|No inputs were found/.test(output)
    if (code !== 0 && !empty) console.error(`\n── ${job.name}\n${output.trim()}`)
    return code !== 0 && !empty ? job.name : undefined
  })
).filter(Boolean)

if (failed.length > 0) {
  console.error(`\nTypes are wrong in ${failed.join(', ')}`)
  process.exit(1)
}
console.log(`Types are right (${jobs.length} programs)`)
