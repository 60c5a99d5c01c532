// Drives the real agent programs, each through the scenarios of its transport, and prints which went how. Not part of
// `npm test`: the programs are large, and some are under licences of their own. Each is installed once, by npm, into a
// cache outside the repository, and talks to a scripted model on loopback alone.
//
//   node scripts/test-agents.mjs [--write] [--only FOLDER] [WORDS OF SCENARIOS]
//
// A package that has such tests has `test/real-program/programs.json` ({ agent, install: { name: version } }) and
// `run.ts` beside it, which takes the folder of the install and the words, and ends with its outcomes as a line of
// JSON: scenario → `ok` or what went wrong. One that drives several agents says { agents: { name: outcomes } } instead,
// and in its programs.json by which titles they go ({ columns: { name: title } }). What an agent cannot do is said there
// with the reason ({ lacks: { name: { scenario: reason } } }). `--write` puts the table into docs/agents.md.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { isStopping, run } from './run.mjs'
import { root } from './workspace.mjs'

const args = process.argv.slice(2)
const write = args.includes('--write')
const at = args.indexOf('--only')
const only = at === -1 ? undefined : args[at + 1]
const words = args.filter((arg, index) => !arg.startsWith('--') && (at === -1 || index !== at + 1)).join(' ')

const cache = process.env.AGENT_SESSION_AGENTS ?? join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'agent-session', 'agents')

const packages = readdirSync(join(root, 'packages'))
  .filter((name) => only === undefined || name === only)
  .flatMap((name) => {
    const folder = join(root, 'packages', name, 'test', 'real-program')
    return existsSync(join(folder, 'programs.json')) ? [{ name, folder, ...JSON.parse(readFileSync(join(folder, 'programs.json'), 'utf8')) }] : []
  })
if (packages.length === 0) {
  console.error(only === undefined ? 'No package has tests with a real program' : `packages/${only} has no tests with a real program`)
  process.exit(1)
}

/** The folder that holds the programs of one package, in exactly these versions. */
async function installed({ name, install }) {
  const programs = Object.entries(install).map(([program, version]) => `${program}@${version}`)
  const folder = join(cache, `${name}-${Object.values(install).join('-')}`)
  const note = join(folder, 'installed.json')
  if (existsSync(note)) return folder
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  console.log(`Installing ${programs.join(', ')} into ${folder}`)
  const { code } = await run('npm', ['install', '--no-audit', '--no-fund', '--save-exact', ...programs], { cwd: folder })
  if (code !== 0) throw new Error(`npm could not install ${programs.join(', ')}`)
  writeFileSync(note, `${JSON.stringify(install)}\n`)
  return folder
}

const results = []
let failed = false
for (const one of packages) {
  console.log(`\n━━ ${one.agent}`)
  const folder = await installed(one)
  const { code, output } = await run(process.execPath, ['--conditions=agent-session-source', join(one.folder, 'run.ts'), folder, words], { cwd: root, capture: true })
  if (isStopping()) process.exit(code)
  const lines = output.trimEnd().split('\n')
  const last = lines.pop() ?? ''
  console.log(lines.join('\n'))
  if (code !== 0) failed = true
  try {
    const told = JSON.parse(last)
    if (told.agents === undefined) results.push({ title: `${one.agent} ${Object.values(one.install)[0]}`, outcomes: told, lacks: one.lacks?.[one.agent] ?? {} })
    else for (const [name, outcomes] of Object.entries(told.agents)) results.push({ title: one.columns?.[name] ?? name, outcomes, lacks: one.lacks?.[name] ?? {} })
  } catch {
    console.log(last)
    console.error(`${one.agent} gave no outcomes`)
    failed = true
  }
}

const scenarios = [...new Set(results.flatMap(({ outcomes }) => Object.keys(outcomes)))]
const reasons = []
/** The number of a reason, which stands below the table. */
function noteOf(reason) {
  if (!reasons.includes(reason)) reasons.push(reason)
  return reasons.indexOf(reason) + 1
}
function cell(outcome, reason) {
  if (outcome === 'ok') return 'ok'
  if (outcome !== undefined) return `**${outcome.replaceAll('|', '\\|').slice(0, 80)}**`
  return reason === undefined ? '–' : `– (${noteOf(reason)})`
}
const table = [
  `| scenario | ${results.map(({ title }) => title).join(' | ')} |`,
  `| --- | ${results.map(() => '---').join(' | ')} |`,
  ...scenarios.map((scenario) => `| ${scenario} | ${results.map(({ outcomes, lacks }) => cell(outcomes[scenario], lacks[scenario])).join(' | ')} |`),
].join('\n')
const notes = reasons.map((reason, index) => `${index + 1}. ${reason}`).join('\n')
console.log(`\n${table}\n\n${notes}`)

if (write) {
  const head = [
    '# Real agent programs',
    '',
    'Made by `npm run test:agents -- --write`: each program, driven through its transport and a store against a scripted',
    'model on loopback. A dash with a number: the agent cannot, for the reason below. A dash alone: the scenario is not one of',
    'that transport’s, since it is about something that the program does not have or that is the same everywhere.',
  ]
  writeFileSync(join(root, 'docs', 'agents.md'), `${[...head, '', table, ...(notes === '' ? [] : ['', notes])].join('\n')}\n`)
}
process.exitCode = failed ? 1 : 0
