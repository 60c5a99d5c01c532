// Finds a Chromium for the browser tests, and gets one where there is none: the one named in CHROMIUM_BIN, else one on
// PATH, else Debian's package where it may be installed, else Playwright's own download. No dependencies.
//
//   node scripts/find-chromium.mjs        prints its path, installs if need be

import { spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
/** The oldest version that has all that the tests use. */
const OLDEST = 120
const APPS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

function runnable(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** Looks without installing. `undefined`: there is none. Throws when CHROMIUM_BIN names what cannot be run. */
export function lookForChromium(env = process.env) {
  if (env.CHROMIUM_BIN) {
    if (!runnable(env.CHROMIUM_BIN)) throw new Error(`CHROMIUM_BIN=${env.CHROMIUM_BIN} is no program that can be run`)
    return env.CHROMIUM_BIN
  }
  return candidates(env)[0]
}

function candidates(env = process.env) {
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean)
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, process.platform === 'win32' ? `${name}.exe` : name)))
  return [...onPath, ...APPS, downloadedByPlaywright()].filter((path) => path !== undefined && runnable(path))
}

/** Whether it runs at all, which what only tells how to install it does not, and is not too old for the tests. */
function works(path) {
  // There it opens a window instead.
  if (process.platform === 'win32') return true
  const { status, stdout } = spawnSync(path, ['--version', '--no-sandbox'], { encoding: 'utf8', timeout: 60_000 })
  return status === 0 && Number(/(\d+)\.\d+\.\d+/.exec(stdout)?.[1] ?? 0) >= OLDEST
}

function downloadedByPlaywright() {
  try {
    const path = createRequire(import.meta.url)('playwright').chromium.executablePath()
    return path && runnable(path) ? path : undefined
  } catch {
    return undefined
  }
}

function run(command, args, env = {}) {
  // what installers print goes to stderr: stdout carries the path alone
  const done = spawnSync(command, args, { stdio: ['ignore', 2, 2], env: { ...process.env, ...env } })
  return done.status === 0
}

function installFromDebian(say) {
  const root = process.getuid?.() === 0
  const hasApt = spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0
  if (!hasApt) return 'there is no apt-get'
  const sudo = !root && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0
  if (!root && !sudo) return 'apt-get needs root'
  say('No Chromium found: installing Debian\'s package with apt-get (about a minute)')
  const patient = ['-qq', '-o', 'Acquire::Retries=5', '-o', 'DPkg::Lock::Timeout=300']
  const apt = (...args) =>
    root
      ? run('apt-get', [...patient, ...args], { DEBIAN_FRONTEND: 'noninteractive' })
      : run('sudo', ['-n', 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...patient, ...args])
  apt('update')
  for (const name of ['chromium', 'chromium-browser']) {
    if (apt('install', '-y', '--no-install-recommends', name) && candidates().some(works)) return
  }
  return 'apt-get could not install it'
}

function downloadWithPlaywright(say) {
  say('No Chromium found: downloading the one of Playwright')
  try {
    const require = createRequire(import.meta.url)
    const cli = join(require.resolve('playwright/package.json'), '..', 'cli.js')
    for (let tries = 0; tries < 3; tries += 1) {
      if (run(process.execPath, [cli, 'install', 'chromium']) && downloadedByPlaywright()) return
    }
    return 'the download failed'
  } catch (error) {
    return error.message
  }
}

/** The path of a Chromium that is there when this returns. Throws, naming the three ways, where none of them works. */
export function findChromium({ say = (line) => console.error(line) } = {}) {
  const named = process.env.CHROMIUM_BIN && lookForChromium()
  if (named && !works(named)) throw new Error(`CHROMIUM_BIN=${named} does not run, or is older than Chromium ${OLDEST}`)
  if (named) return named
  const usable = () => candidates().find(works)
  const found = usable()
  if (found) return found
  const debian = installFromDebian(say)
  if (debian === undefined) return usable()
  const playwright = downloadWithPlaywright(say)
  if (playwright === undefined) return downloadedByPlaywright()
  throw new Error(
    [
      'The browser tests need a Chromium, and none could be had:',
      `  1. CHROMIUM_BIN is not set, and there is none on PATH that runs and is at least version ${OLDEST}. Set CHROMIUM_BIN to the path of one`,
      `  2. Debian's package (apt-get install chromium): ${debian}`,
      `  3. Playwright's own download (playwright install chromium): ${playwright}`,
    ].join('\n'),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(findChromium())
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
