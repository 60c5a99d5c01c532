import type { PluginOption } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RenderingServer } from './rendering-server.ts'

/** What hydration must be in each framework; `folder` has its two halves, `server.ts` and `client.ts`; `edited` is the component that shows the session. */
export function hydrationTests(folder: string, edited: string, plugin: () => PluginOption): void {
  let server: RenderingServer
  beforeAll(async () => void (server = await RenderingServer.open(folder, [plugin()])), 60_000)
  afterAll(() => server?.close())

  test('two requests at a time share nothing, and leave no timer', { timeout: 60_000 }, async () => {
    const [mine, yours] = await Promise.all([server.render('mine'), server.render('yours')])
    expect(mine.body).toContain('mine')
    expect(JSON.stringify(mine)).not.toContain('yours')
    expect(JSON.stringify(yours)).not.toContain('mine')
    expect(mine.snapshot.epoch).not.toBe(yours.snapshot.epoch)
    expect([mine.timersLeft, yours.timersLeft]).toEqual([0, 0])
  })

  test('it is hydrated without a mismatch, the nodes stay, and the session goes on', { timeout: 60_000 }, async () => {
    const { page, problems } = await server.visit('tell me')
    expect(problems).toEqual([])
    expect(await page.evaluate('rendered !== null && rendered === document.querySelector("[data-part=row]")')).toBe(true)
    expect(await page.locator('[data-part=row]').allInnerTexts()).toEqual(['tell me', '<b>tell me</b> & half'])
    expect(await page.locator('[data-part=status]').innerText()).toBe('running')

    expect(await page.evaluate('store.restore("one")')).toMatchObject({ outcome: 'live' })
    await page.evaluate('tell({ type: "delta", id: "stream", kind: "text", text: " and the rest", offset: 21 })')
    await page.locator('[data-part=row]', { hasText: '& half and the rest' }).waitFor({ timeout: 20_000 })
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.getByRole('button', { name: 'Allow' }).waitFor({ state: 'detached', timeout: 20_000 })
    expect(problems).toEqual([])
    await page.close()
  })

  test('a page that does not fit what the store has is told of', { timeout: 60_000 }, async () => {
    const { page, problems } = await server.visit('tell me', (text) => text.replace('<ol', '<em></em><ol'))
    expect(problems.join()).toMatch(/hydrat/i)
    await page.close()
  })

  test('a component that is edited while it is shown keeps one subscription for each part, and the session', { timeout: 60_000 }, async () => {
    const { page, problems } = await server.visit('tell me')
    await page.evaluate('store.restore("one")')
    const before = await page.evaluate('subscribed()')
    expect(before).toBeGreaterThan(0)
    for (const [from, to] of [['data-part="row"', 'data-part="row" data-edited="1"'], ['data-edited="1"', 'data-edited="2"']] as const) {
      await server.edit(edited, from, to)
      await page.locator(`[data-edited="${/\d/.exec(to)?.[0]}"]`).first().waitFor({ timeout: 20_000 })
      expect(await page.locator('[data-part=row]').allInnerTexts()).toEqual(['tell me', '<b>tell me</b> & half'])
      await expect.poll(() => page.evaluate('subscribed()')).toBe(before)
    }
    await page.evaluate('tell({ type: "delta", id: "stream", kind: "text", text: "!", offset: 21 })')
    await page.locator('[data-part=row]', { hasText: 'half!' }).waitFor({ timeout: 20_000 })
    expect(await page.evaluate('globalThis.hydrated')).toBe(true)
    expect(problems).toEqual([])
    await page.close()
  })
}
