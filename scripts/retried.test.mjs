import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { retried } from './retried.mjs'

/** Runs a program that writes down each of its runs, and fails in the first of them with these words. */
async function play(failures, words) {
  const folder = mkdtempSync(join(tmpdir(), 'retried-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  onTestFinished(() => vi.restoreAllMocks())
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const runs = join(folder, 'runs')
  const script = `
    const fs = require('node:fs')
    fs.appendFileSync(process.argv[1], '.')
    if (fs.readFileSync(process.argv[1], 'utf8').length > ${failures}) console.log('got it')
    else { console.error(${JSON.stringify(words)}); process.exit(7) }`
  const done = await retried(process.execPath, ['-e', script, runs], { pauses: [0, 0] })
  return { ...done, runs: readFileSync(runs, 'utf8').length }
}

test.each(['ERR_PNPM_META_FETCH_FAIL  GET https://registry.test/x: getaddrinfo EAI_AGAIN', 'npm error code ECONNRESET', 'GET https://registry.test/x: Bad gateway - 502'])('a download that fails may be well the next time: %s', async (words) => {
  expect(await play(1, words)).toEqual({ code: 0, output: 'got it\n', runs: 2 })
})

test('it is not tried for ever', async () => {
  expect(await play(9, 'npm error network')).toMatchObject({ code: 7, runs: 3 })
})

test('what no second try will mend is said at once', async () => {
  expect(await play(9, 'ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile"')).toMatchObject({ code: 7, runs: 1 })
})
