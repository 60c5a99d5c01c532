// What `npm start`, `npm test` and the other scripts of the root go through, on a machine that has nothing but Node 20.20
// and npm: gets Node 24 and pnpm for this run where they are missing, installs when the lockfile has changed, then runs
// the task. Nothing is fetched where Node is new enough and pnpm is there. No dependencies; this file runs on old Nodes.

import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { retried } from './retried.mjs'
import { isStopping, run } from './run.mjs'
import { writableHome } from './writable-home.mjs'

const PNPM = '12.21.0'
const NODE = '24.21.0'
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const cache = join(root, 'node_modules', '.cache', 'agent-session')

const [task, ...rest] = process.argv.slice(2)

/** Each task: the scripts that Node runs, one after the other, as long as they succeed. */
const TASKS = {
  setup: [],
  start: [
    ['scripts/build.mjs', '--if-changed', 'packages', 'examples/console'],
    ['--import', './scripts/end-with-parent.mjs', 'examples/console/src/host/main.ts', ...rest],
  ],
  test: [['scripts/test.mjs', ...rest]],
  'test:agents': [['scripts/test-agents.mjs', ...rest]],
  bench: [
    ['scripts/build.mjs', '--if-changed', 'packages'],
    ['bench/src/main.ts', ...rest],
  ],
  'smoke:browsers': [['--conditions=agent-session-source', 'packages/storage-idb/test/smoke/smoke-browsers.ts', ...rest]],
  'crashes:browser': [['--conditions=agent-session-source', 'packages/storage-idb/test/tabs/crash-browser.ts', ...rest]],
  build: [['scripts/build.mjs', ...rest]],
  check: [['scripts/test.mjs', '--checks-only']],
  typecheck: [['scripts/typecheck.mjs', ...rest]],
  lint: [['node_modules/oxlint/bin/oxlint', '--deny-warnings', ...rest]],
  vitest: [['node_modules/vitest/vitest.mjs', ...rest]],
  mutants: [['scripts/mutants.mjs', ...rest]],
  crashes: [['--conditions=agent-session-source', 'packages/storage-sqlite/test/crashes.ts', ...rest]],
  simulate: [['--conditions=agent-session-source', 'simulation/src/main.ts', ...rest]],
  changeset: [['node_modules/@changesets/cli/bin.js', ...rest]],
}

if (!Object.hasOwn(TASKS, task ?? '')) fail(`Name one of: ${Object.keys(TASKS).join(', ')}`)

// npm, pnpm and Chromium keep things there; the sessions of `npm start` are not to be lost in a cache.
const home = writableHome(join(cache, 'home'))
const tools = await findTools()
const env = { ...process.env, ...(task !== 'start' && home), PATH: [dirname(tools.node), tools.bin, process.env.PATH].filter(Boolean).join(delimiter) }
await install()
for (const step of TASKS[task]) {
  const { code } = await run(tools.node, step, { cwd: root, env })
  if (code !== 0 || isStopping()) process.exit(code)
}

function fail(message) {
  console.error(`\n${message}`)
  process.exit(1)
}

/** Node 22.18 and 23.6 are the first that run TypeScript as it is. */
function runsTypeScript(version) {
  const [major, minor] = version.split('.').map(Number)
  return major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18)
}

function onPath(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    for (const file of process.platform === 'win32' ? [`${name}.cmd`, `${name}.exe`] : [name]) {
      try {
        accessSync(join(folder, file), constants.X_OK)
        return join(folder, file)
      } catch {}
    }
  }
}

/** `node` runs the tasks; `bin`, where there is one, is a folder with pnpm in it that goes before PATH. */
async function findTools() {
  const nodeIsNew = runsTypeScript(process.versions.node)
  const ownPnpm = onPath('pnpm')
  const file = join(cache, 'tools.json')
  const key = [process.versions.node, ownPnpm, PNPM, NODE].join(' ')
  try {
    const known = JSON.parse(readFileSync(file, 'utf8'))
    if (known.key === key && existsSync(known.node) && (!known.bin || existsSync(join(known.bin, 'pnpm')))) return known
  } catch {}

  let found
  if (nodeIsNew && ownPnpm && (await pnpmIsNewEnough())) found = { node: process.execPath }
  else found = await fetchTools(nodeIsNew)
  mkdirSync(cache, { recursive: true })
  writeFileSync(file, JSON.stringify({ key, ...found }))
  return found
}

async function pnpmIsNewEnough() {
  const { code, output } = await run('pnpm', ['--version'], {
    capture: true,
    cwd: root,
    env: { ...process.env, COREPACK_ENABLE_DOWNLOAD_PROMPT: '0' },
  })
  const version = /^(\d+)\.\d+\.\d+/m.exec(output)
  return code === 0 && version !== null && Number(version[1]) >= 11
}

async function fetchTools(nodeIsNew) {
  const packages = [`pnpm@${PNPM}`]
  if (!nodeIsNew) {
    const os = { linux: 'linux', win32: 'win' }[process.platform]
    if (!os || !['x64', 'arm64'].includes(process.arch)) {
      fail(`This needs Node 22.18 or newer (it is ${process.versions.node}): install one from https://nodejs.org`)
    }
    packages.push(`node-${os}-${process.arch}@${NODE}`)
  }
  console.error(`Getting ${packages.join(' and ')} for this folder …`)
  const print = `console.log('tools:' + JSON.stringify([process.execPath, process.env.PATH]))`
  const { code, output } = await retried('npx', ['--yes', ...packages.flatMap((name) => ['-p', name]), '--', 'node', '-e', print], {
    cwd: root,
    env: { ...process.env, ...home, npm_config_fetch_retries: '5' },
  })
  if (isStopping()) process.exit(code)
  const line = /^tools:(.*)$/m.exec(output)
  if (code !== 0 || !line) {
    fail(`${output.trim()}\n\nCould not get ${packages.join(' and ')} with npx. Is the npm registry within reach?`)
  }
  const [node, path] = JSON.parse(line[1])
  const bin = path.split(delimiter).find((folder) => existsSync(join(folder, 'pnpm')) && folder.includes('_npx'))
  return { node: nodeIsNew ? process.execPath : node, ...(bin ? { bin } : {}) }
}

/** Installs once, and again when a manifest or the lockfile has changed since. */
async function install() {
  const stamp = join(cache, 'installed')
  const manifests = ['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml', 'bench/package.json', 'simulation/package.json']
  for (const folder of ['packages', 'examples']) {
    if (!existsSync(join(root, folder))) continue
    for (const name of readdirSync(join(root, folder))) manifests.push(`${folder}/${name}/package.json`)
  }
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const name of manifests.sort()) {
    const file = join(root, name)
    if (existsSync(file)) hash.update(`\n${name}\n`).update(readFileSync(file))
  }
  const now = hash.digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return

  console.error('Installing dependencies …')
  rmSync(stamp, { force: true })
  const { code, output } = await retried('pnpm', ['install', '--frozen-lockfile', '--reporter=append-only'], {
    cwd: root,
    env: { ...env, ...home, COREPACK_ENABLE_DOWNLOAD_PROMPT: '0' },
  })
  if (isStopping()) process.exit(code)
  if (code !== 0) fail(`${output.trim()}\n\nThe dependencies could not be installed (pnpm install --frozen-lockfile).`)
  mkdirSync(cache, { recursive: true })
  writeFileSync(stamp, now)
}
