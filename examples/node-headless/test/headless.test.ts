import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { readSessionFile } from '@agent-session/core/transfer'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isAlive } from '../../../test/is-alive.ts'

const source = join(import.meta.dirname, '../src')

let folder = ''
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'node-headless-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function run(args: readonly string[], paceMs = 1) {
  const child = spawn(process.execPath, ['--conditions=agent-session-source', join(source, 'main.ts'), '--folder', folder, ...args], {
    env: { ...process.env, EXAMPLE_AGENT_PACE_MS: String(paceMs) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const out = text(child.stdout)
  const errors = text(child.stderr)
  return { child, ended: exitOf(child).then(async (code) => ({ code, out: await out, errors: await errors })) }
}

const exitOf = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.once('close', resolve))

/** Resolves when the child has said it. */
const says = (child: ChildProcess, words: string): Promise<void> =>
  new Promise((resolve) => {
    let said = ''
    child.stdout?.on('data', (piece) => (said += String(piece)).includes(words) && resolve())
  })

async function transcript() {
  const [name = '', ...more] = readdirSync(folder).filter((file) => file.endsWith('.jsonl'))
  expect(more).toEqual([])
  return readSessionFile(readFileSync(join(folder, name), 'utf8').split('\n'))
}

test('it shows what the agent does, and leaves a transcript', { timeout: 60_000 }, async () => {
  const { code, out, errors } = await run(['story', '40']).ended
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  expect(out).toContain('story 40')
  expect(out.split('The lighthouse on Gull Rock')).toHaveLength(2)
  expect(out).toContain('completed, 40 tokens, 0.0040 USD')
  const { record, messages, problems } = await transcript()
  expect(problems).toEqual([])
  expect(record.endReason).toBe('completed')
  expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
})

test('what asks is done with --allow alone', { timeout: 60_000 }, async () => {
  const refused = await run(['write a.txt: hello']).ended
  expect(refused.out).toContain('I did not write')
  const allowed = await run(['--allow', 'write a.txt: hello']).ended
  expect(allowed.code).toBe(0)
  expect(readFileSync(join(folder, 'sandbox/a.txt'), 'utf8')).toBe('hello')
})

test('Ctrl-C stops the agent, keeps what it said, and ends with 130', { timeout: 60_000 }, async () => {
  const { child, ended } = run(['story'], 20)
  await says(child, 'lighthouse')
  child.kill('SIGINT')
  const { code, out, errors } = await ended
  expect({ code, errors }).toEqual({ code: 130, errors: '' })
  expect(out).toContain('stopped, ')
  const { record, messages } = await transcript()
  expect(record.endReason).toBe('stopped')
  expect(messages.at(-1)?.content).toContain('lighthouse')
})

test('an agent that fails is an exit code and words, and has a transcript', { timeout: 60_000 }, async () => {
  const { code, out } = await run(['crash']).ended
  expect(code).toBe(1)
  expect(out).toMatch(/\nerror, /)
  expect((await transcript()).record.status).toBe('error')
})

test('an agent that is not installed is said so, and so is an option that there is none of', { timeout: 60_000 }, async () => {
  const missing = await run(['--agent', 'no-such-agent --acp', 'hello']).ended
  expect([missing.code, missing.errors]).toEqual([1, expect.stringMatching(/was not found: no-such-agent\. Install it/)])
  const wrong = await run(['--alow', 'hello']).ended
  expect([wrong.code, wrong.errors.split('\n')]).toEqual([2, [expect.stringContaining("Unknown option '--alow'"), '']])
})

test('a folder that cannot be made, and one that goes in the middle, are said in a line, and no agent is left', { timeout: 60_000 }, async () => {
  writeFileSync(join(folder, 'file'), '')
  const unmade = await run(['--folder', join(folder, 'file/in-it'), 'hello']).ended
  expect([unmade.code, unmade.out, unmade.errors.split('\n')]).toEqual([2, '', [expect.stringContaining('ENOTDIR'), '']])

  const kept = join(folder, 'kept')
  const { child, ended } = run(['--folder', kept, 'story 60'], 20)
  await says(child, 'lighthouse')
  const agent = Number(execFileSync('ps', ['--ppid', String(child.pid), '-o', 'pid='], { encoding: 'utf8' }).split('\n')[0])
  expect(agent).toBeGreaterThan(0)
  renameSync(kept, join(folder, 'elsewhere'))
  writeFileSync(kept, '')
  const { code, errors } = await ended
  expect([code, errors.trim().split('\n').at(-1)]).toEqual([2, expect.stringMatching(/ENOTDIR.*\.jsonl/)])
  await vi.waitFor(() => expect(isAlive(agent)).toBe(false), 10_000)
})

test('it has 60 lines at most, comments apart', () => {
  const lines = ['main.ts', 'progress.ts'].flatMap((name) => readFileSync(join(source, name), 'utf8').split('\n'))
  expect(lines.filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line)).length).toBeLessThanOrEqual(60)
})
