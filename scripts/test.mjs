// Everything that must hold, cheapest first; the first failure ends it. What follows `npm test --` goes to vitest.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findChromium } from './find-chromium.mjs'
import { isStopping, run } from './run.mjs'
import { root, toolScript } from './workspace.mjs'

const rest = process.argv.slice(2)
const checksOnly = rest.includes('--checks-only')

const CHECKS = [
  ['Lint', [toolScript('oxlint'), '--deny-warnings']],
  ['Architecture', ['scripts/check-architecture.mjs']],
  ['Behaviour', ['scripts/behaviour-table.mjs', '--check']],
  ['Unused', [toolScript('knip'), '--no-progress']],
  ['Lifecycle', ['scripts/lifecycle-table.mjs', '--check']],
  ['Docstrings', ['scripts/check-docs.mjs']],
  ['Types', ['scripts/typecheck.mjs']],
  ['Build', ['scripts/build.mjs']],
  ['Packages', ['scripts/check-packages.mjs']],
  ['Size', [toolScript('size-limit')]],
]

const heading = (title) => console.log(`\n━━ ${title}`)
const began = performance.now()

for (const [title, args] of CHECKS) {
  heading(title)
  const { code } = await run(process.execPath, args, { cwd: root })
  if (code !== 0 || isStopping()) {
    console.error(`\n${title} failed.`)
    process.exit(code || 1)
  }
}

if (!checksOnly) {
  heading('Chromium')
  let chromium
  try {
    chromium = findChromium({ say: (line) => console.log(line) })
  } catch (error) {
    console.error(error.message)
    process.exit(1)
  }
  console.log(chromium)

  heading('Tests')
  const folder = mkdtempSync(join(tmpdir(), 'agent-session-test-'))
  const report = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const env = { ...process.env, CHROMIUM_BIN: chromium }
  const { code } = await run(process.execPath, [toolScript('vitest'), 'run', ...reporters, ...rest], { cwd: root, env })
  let passed = 0
  let failed = 0
  if (existsSync(report)) {
    const result = JSON.parse(readFileSync(report, 'utf8'))
    passed = result.numPassedTests
    // a file that could not be loaded has no tests that could fail
    const broken = result.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
    failed = result.numFailedTests + broken.length
  }
  rmSync(folder, { recursive: true, force: true })
  if (code !== 0) failed = Math.max(failed, 1)
  console.log(`${((performance.now() - began) / 1000).toFixed(0)} s in all`)
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 || passed === 0 ? code || 1 : 0
}
