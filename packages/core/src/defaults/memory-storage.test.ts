import { expect, test } from 'vitest'
import { fullSession, messageWith, sessionWith } from '../conformance/sample-records.ts'
import { createMemoryStorage } from './memory-storage.ts'

test('keys of a permission that name a prototype are left out', async () => {
  const storage = createMemoryStorage()
  const input: unknown = JSON.parse('{"a":1,"__proto__":{"x":1},"constructor":{"x":1},"deep":{"prototype":1}}')
  await storage.commit({ session: sessionWith({ permissions: [{ id: 'q', title: 'May I?', state: 'pending', input, options: [], askedAt: 1 }] }), upsert: [], remove: [] })
  expect((await storage.loadSession('s1'))?.permissions[0]?.input).toStrictEqual({ a: 1, deep: {} })
})

test('a message that no database could hold is refused, with its field, and nothing of its batch is kept', async () => {
  const storage = createMemoryStorage()
  const bad = Object.assign({}, messageWith(2), { toolName: () => {} }) as unknown as ReturnType<typeof messageWith>
  await expect(storage.commit({ session: fullSession, upsert: [messageWith(1), bad], remove: [] })).rejects.toMatchObject({
    code: 'storage-failed',
    message: expect.stringContaining('toolName'),
  })
  expect(await storage.loadSession(fullSession.sessionId)).toBeUndefined()
})

test('a method that fails rejects, and never throws', async () => {
  const storage = createMemoryStorage()
  await storage.close()
  const call = storage.commit({ session: sessionWith(), upsert: [], remove: [] })
  await expect(call).rejects.toMatchObject({ code: 'storage-closed' })
})
