// Each thing that keeps the host from starting is said in words, with what to do, and breaks nothing.

import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import path from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { HostProcess, startHost, temporaryFolder } from './host-process.ts'

vi.setConfig({ testTimeout: 60_000 })

test('an agent name that does not exist: the known ones are listed', async () => {
  const data = await temporaryFolder()
  const { code, stderr, stdout } = await startHost(data, { args: ['--agent', 'nobody'] }).ended
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain('There is no agent named "nobody". There are example, claude, codex')
  expect(stderr).toContain(path.join(data, 'agents.json'))
})

test.each([
  ['is a file', 'taken'],
  ['lies in one', 'taken/data'],
])('a data folder that %s', async (_, name) => {
  const home = await temporaryFolder()
  await writeFile(path.join(home, 'taken'), 'I am a file')
  const wanted = path.join(home, name)
  const { code, stderr } = await startHost(wanted).ended
  expect(code).toBe(1)
  expect(stderr).toContain(`The data folder ${wanted} cannot be written`)
  expect(stderr).toContain('--data DIR')
  expect(stderr).not.toContain('    at ')
  expect(await readFile(path.join(home, 'taken'), 'utf8')).toBe('I am a file')
})

test('a port that is taken', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const data = await temporaryFolder()
  const { code, stderr } = await startHost(data, { args: ['--port', String(port)] }).ended
  expect(code).toBe(1)
  expect(stderr).toContain(`The port ${port} is taken`)
  expect(stderr).toContain('--port 0')
  // Nothing is locked: on another port it starts.
  await startHost(data).url()
})

test('a data folder on which a console runs already; one that was killed is no hindrance', async () => {
  const data = await temporaryFolder()
  const first = startHost(data)
  const { port } = new URL(await first.url())
  const { code, stderr } = await startHost(data).ended
  expect(code).toBe(1)
  expect(stderr).toContain(`A console runs on this data folder already, at port ${port}`)
  await first.kill('SIGKILL')
  const second = startHost(data)
  await second.url()
  await second.kill('SIGTERM')
  await startHost(data).url()
})

test('a database file that is garbage: it is named, and left as it is', async () => {
  const data = await temporaryFolder()
  const database = path.join(data, 'sessions.db')
  const garbage = 'This is no database. '.repeat(500)
  await writeFile(database, garbage)
  const { code, stderr } = await startHost(data).ended
  expect(code).toBe(1)
  expect(stderr).toContain(database)
  expect(stderr).toContain('Move it away')
  expect(stderr).not.toContain('    at ')
  expect(await readFile(database, 'utf8')).toBe(garbage)
})

test.each([
  ['that is not JSON', '{ "mine": ', 'it is not JSON'],
  ['that is a list', '[]', 'it is a list'],
  ['with a slip of the pen', '{ "mine": { "comand": "x" } }', 'mine.'],
  ['without a command', '{ "mine": { "command": "" } }', 'mine.command: The command is empty'],
  ['with a name that is none', '{ "my agent!": { "command": "x" } }', 'A name is letters'],
])('an agents.json %s', async (_, text, why) => {
  const data = await temporaryFolder()
  await writeFile(path.join(data, 'agents.json'), text)
  const { code, stderr } = await startHost(data).ended
  expect(code).toBe(2)
  expect(stderr).toContain(path.join(data, 'agents.json'))
  expect(stderr).toContain(why)
})

test.each([
  [['--prot', '1'], "Unknown option '--prot'"],
  [['--port', 'many'], '--port needs a number'],
  [['--port', '70000'], '--port needs a number'],
  [['stray'], "Unexpected argument 'stray'"],
  [['--data', ''], '--data needs'],
])('flags that mean nothing: %j', async (args, why) => {
  const { code, stderr } = await new HostProcess(args).ended
  expect(code).toBe(2)
  expect(stderr).toContain(why)
})

test('--help says how, and starts nothing', async () => {
  const { code, stdout } = await new HostProcess(['--help']).ended
  expect(code).toBe(0)
  for (const flag of ['--port', '--data', '--agent', 'agents.json']) expect(stdout).toContain(flag)
})

test('the data folder is made where it is missing, and is for this user alone', async () => {
  const data = path.join(await temporaryFolder(), 'not', 'there', 'yet')
  await mkdir(path.dirname(path.dirname(data)), { recursive: true })
  const url = await startHost(data).url()
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{32,}$/)
  if (process.platform !== 'win32') expect((await stat(data)).mode & 0o077).toBe(0)
})
