import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { systemClock } from '@agent-session/core'
import { createManualClock } from '@agent-session/core/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type AgentProgram, probeProgram, type ProbeProgramOptions } from '../src/index.ts'
import { isAlive } from '../../../test/is-alive.ts'

const never = new Promise<void>(() => {})

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'probe-test-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

/** A program of one line of JavaScript. */
const node = (script: string, more: Partial<AgentProgram> = {}): AgentProgram => ({ command: process.execPath, args: ['-e', script, '--'], versionArgs: ['--version'], ...more })

const probe = (program: AgentProgram, more: Partial<ProbeProgramOptions> = {}) => probeProgram({ name: 'agent', program, clock: systemClock, withdrawn: never, ...more })

describe('B26 a look at the program of an agent', () => {
  it('says that it is not installed, and what to install', async () => {
    expect(await probe({ command: 'no-such-agent', install: 'npm install -g no-such-agent' })).toEqual({
      usable: false,
      code: 'not-installed',
      message: 'The program of the agent "agent" was not found: no-such-agent',
      install: 'npm install -g no-such-agent',
    })
    expect(await probe({ command: './there/not' }, { cwd: folder() })).toMatchObject({ code: 'not-installed' })
  })

  it('finds it on the PATH that its session would have, and does not run it unless it is told how to ask', async () => {
    const bin = folder()
    const file = path.join(bin, 'my-agent')
    writeFileSync(file, `#!/bin/sh\ntouch ${path.join(bin, 'has-run')}\n`)
    chmodSync(file, 0o755)
    expect(await probe({ command: 'my-agent' }, { env: { PATH: bin } })).toEqual({ usable: true })
    expect(existsSync(path.join(bin, 'has-run'))).toBe(false)
    expect(await probe({ command: 'my-agent', env: { PATH: '/nowhere' } }, { env: { PATH: bin } })).toMatchObject({ code: 'not-installed' })
  })

  it.each([
    ['codex-cli 0.169.0\n', '0.169.0'],
    ['\n  v1.2.3-beta.4+5 (built today)\nmore', '1.2.3-beta.4+5'],
    ['nightly', 'nightly'],
    ['', undefined],
  ])('reads the version out of %j', async (said, version) => {
    expect(await probe(node(`process.stdout.write(${JSON.stringify(said)})`))).toEqual({ usable: true, ...(version !== undefined && { version }) })
  })

  it('says how one failed that is there and does not run', async () => {
    expect(await probe(node('console.error("GLIBC_2.39 not found"); process.exit(3)', { install: 'reinstall' }))).toEqual({
      usable: false,
      code: 'failed',
      message: `${process.execPath} ended with exit code 3: GLIBC_2.39 not found`,
      install: 'reinstall',
    })
  })

  it('F34 kills one that does not answer, with what it started, when its time is over or nobody waits any more', async () => {
    for (const how of ['limit', 'withdrawn'] as const) {
      const file = path.join(folder(), 'pids')
      const script = `const c = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']); require('node:fs').writeFileSync(${JSON.stringify(file)}, process.pid + ' ' + c.pid); setInterval(() => {}, 1e6)`
      const clock = createManualClock()
      let withdraw = (): void => {}
      const withdrawn = new Promise<void>((resolve) => (withdraw = resolve))
      const probing = probe(node(script), { clock, withdrawn })
      await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8')).toMatch(/^\d+ \d+$/)
      if (how === 'limit') await clock.advance(8_000)
      else withdraw()
      expect(await probing).toMatchObject({ usable: false, code: 'timeout' })
      for (const pid of readFileSync(file, 'utf8').split(' ')) {
        await expect.poll(() => isAlive(Number(pid))).toBe(false)
      }
    }
  })

  it('a flood is not kept', async () => {
    const result = await probe(node('process.stdout.write("x".repeat(5_000_000))'))
    expect(result).toEqual({ usable: true, version: 'x'.repeat(60) })
  })
})
