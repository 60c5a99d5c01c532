import { sampleBatch, sampleMessage, storageCases } from '@agent-session/core/conformance'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createJsonLinesStorage } from './json-lines-storage.ts'

const folder = mkdtempSync(join(tmpdir(), 'agent-session-example-'))
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
const nextPath = (): string => join(folder, `${(count += 1)}.jsonl`)

describe('a storage of JSON lines keeps every promise of the port', () => {
  for (const { name, run } of storageCases) {
    test(name, () => {
      const path = nextPath()
      const open = () => createJsonLinesStorage(path)
      return run({ open, reopen: open, crash: open })
    })
  }
})

test('F2 a line that was torn by a crash is passed over, and what comes after it is not lost', async () => {
  const path = nextPath()
  const before = await createJsonLinesStorage(path)
  await before.commit(sampleBatch({}, [sampleMessage(1)]))
  appendFileSync(path, '\n{"commit":{"session":{"sessionId":"s1","proj')
  const after = await createJsonLinesStorage(path)
  await after.commit(sampleBatch({}, [sampleMessage(2)]))
  const again = await createJsonLinesStorage(path)
  expect(await again.loadMessages('s1')).toEqual([sampleMessage(1), sampleMessage(2)])
})
