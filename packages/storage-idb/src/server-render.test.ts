import { expect, test } from 'vitest'
import { createIdbStorage } from './index.ts'

test('F8 where there is no browser, as in a server render, a storage can be made, and says that it has no database', async () => {
  const storage = createIdbStorage()
  await expect(storage.loadSession('s1')).rejects.toMatchObject({ code: 'storage-unavailable' })
  await storage.close()
})
