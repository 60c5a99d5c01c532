import { expect, test } from 'vitest'
import { World, type PageProps } from './adapter-scenarios.ts'
import type { ViewsProps } from './adapter-view-scenarios.ts'

/** What a server render must be in each framework; `page` and `views` render what the scenarios show. */
export function serverRenderTests(page: (props: PageProps) => Promise<string>, views: (props: ViewsProps) => Promise<string>): void {
  const noPage = () => Promise.reject(new Error('A server mounts nothing.'))
  const rendered = ({ store }: World): Promise<string> => page({ store, projectId: 'one', ran: (_, shown) => shown })

  test('a server render shows how things stand, subscribes nothing and arms nothing', async () => {
    const world = new World(noPage)
    const session = await world.start('one')
    await world.fill(session, 2)
    const timers = world.clock.pending
    const body = await rendered(world)
    expect(body).toContain('<p data-part="status">running</p>')
    expect(body.match(/data-part="row"/g)).toHaveLength(3)
    expect(body).toContain('message 2')
    expect([world.subscriptions.total, world.clock.pending]).toEqual([0, timers])
  })

  test('a server render of a project without a session shows that', async () => {
    expect(await rendered(new World(noPage))).toContain('<p data-part="status">none</p>')
  })

  test('two requests share nothing', async () => {
    const [one, other] = [new World(noPage), new World(noPage)]
    await one.start('one', 'mine')
    await other.start('one', 'yours')
    const [mine, yours] = await Promise.all([rendered(one), rendered(other)])
    expect([mine.includes('mine'), mine.includes('yours')]).toEqual([true, false])
    expect([yours.includes('yours'), yours.includes('mine')]).toEqual([true, false])
  })

  test('a server render of what a store has beside shows what is in memory, and reads, subscribes and arms nothing', async () => {
    const world = new World(noPage)
    const { sessionId } = await world.start('one')
    await world.clock.settle()
    const timers = world.clock.pending
    const body = await views({ store: world.store, projectId: 'one', sessionId })
    expect(body).toMatch(/data-part="by-id"[^>]*>running</)
    expect(body).toMatch(/data-part="health"[^>]*>running</)
    expect(body).not.toContain('data-part="listed"')
    expect([world.subscriptions.total, world.clock.pending]).toEqual([0, timers])
  })
}
