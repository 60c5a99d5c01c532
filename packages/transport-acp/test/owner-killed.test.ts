import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { exampleAgent, misbehaving, newFolder } from './agents.ts'
import { isAlive } from '../../../test/is-alive.ts'

const ownerFile = fileURLToPath(new URL('./owner.mjs', import.meta.url))
const onWindows = process.platform === 'win32'

/** An owner in a process of its own, with an agent that does not care whether it is there. */
async function owner(): Promise<{ process: ChildProcess; agentPid: number }> {
  const pidFile = path.join(newFolder(), 'pid')
  const { command, args = [] } = misbehaving('deaf', pidFile)
  const owner = spawn(process.execPath, ['--conditions=agent-session-source', ownerFile, command, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  await untilSays(owner, 'running')
  return { process: owner, agentPid: Number(readFileSync(pidFile, 'utf8')) }
}

async function untilSays(child: ChildProcess, word: string): Promise<void> {
  let said = ''
  for await (const text of child.stdout ?? []) {
    said += String(text)
    if (said.includes(word)) return
    if (said.includes('failed')) throw new Error(said)
  }
  throw new Error(`It ended before it said "${word}": ${said}`)
}

/** Resolves when the process is gone; the event loop is asked again and again, no time is waited. */
async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve))
}

describe.skipIf(onWindows)('an agent never outlives its owner', () => {
  it('that is killed with -9', async () => {
    const { process: killed, agentPid } = await owner()
    expect(isAlive(agentPid)).toBe(true)
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    await untilGone(agentPid)
  })

  it('that ends by itself without closing anything', async () => {
    const { process: ended, agentPid } = await owner()
    ended.stdin?.write('end\n')
    await once(ended, 'exit')
    await untilGone(agentPid)
  })

  it('the example agent and the command that it runs too', async () => {
    const { command, args = [] } = exampleAgent(newFolder())
    const owner = spawn(process.execPath, ['--conditions=agent-session-source', ownerFile, command, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
    await untilSays(owner, 'running')
    const children = childrenOf(owner.pid ?? 0)
    expect(children.length).toBeGreaterThan(0)
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    await Promise.all(children.map(untilGone))
  })
})

/** The processes that one has started, and theirs. Linux says it in /proc; elsewhere there is nothing to look at. */
function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
    return children.flatMap((child) => [child, ...childrenOf(child)])
  } catch {
    return []
  }
}
