// Sessions that an earlier console left, whose agents have other names now.

import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSqliteStorage } from '@agent-session/storage-sqlite'
import { expect, test, vi } from 'vitest'
import { useBrowser } from './console-page.ts'
import { HostProcess, temporaryFolder } from './host-process.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 })

const browser = useBrowser()
const exampleAgent = fileURLToPath(import.meta.resolve('@agent-session/example-agent'))

/** A folder with a program in the adapter's place: it speaks its protocol, and remembers its sessions. */
async function adapterFolder(data: string): Promise<string> {
  const bin = path.join(data, 'bin')
  await mkdir(bin)
  const program = path.join(bin, 'claude-agent-acp')
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${exampleAgent}' --sandbox '${data}/sandbox'\n`)
  await chmod(program, 0o755)
  return bin
}

test('a session of "claude" that its ACP adapter made is found, goes on with the adapter, and is remembered by it', async () => {
  const data = await temporaryFolder()
  const bin = await adapterFolder(data)
  const start = (agent: string): HostProcess => new HostProcess(['--port', '0', '--data', data, '--agent', agent], { PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}`, EXAMPLE_AGENT_PACE_MS: '0' })
  const first = start('claude-acp')
  const before = await browser.open(await first.url())
  await before.sayAndWait('story 3')
  await first.kill('SIGTERM')

  // As it was stored then.
  const storage = createSqliteStorage({ path: path.join(data, 'sessions.db') })
  const [listed] = await storage.listSessions()
  const record = listed && (await storage.loadSession(listed.sessionId))
  if (record === undefined) throw new Error('It has just been saved.')
  expect(record.agentSessionId).toBeDefined()
  await storage.commit({ session: { ...record, provider: 'claude' }, upsert: [], remove: [] })
  await storage.close()
  await rm(path.join(data, 'format.json'))

  const second = start('example')
  const page = await browser.open(await second.url())
  await page.shows('story 3')
  await page.sayAndWait('recall')
  await page.shows(/1\. story 3|asked: story 3/)
  expect(await page.status.innerText()).not.toMatch(/remembers nothing/)
  await page.page.getByRole('list', { name: 'About this session' }).getByText('claude-acp').waitFor()
  expect((await second.kill('SIGTERM')).stderr).toContain('One session of an earlier console')

  // Once: what is called so from now on is the program itself.
  const third = start('example')
  await third.url()
  expect((await third.kill('SIGTERM')).stderr).not.toContain('earlier console')
})
