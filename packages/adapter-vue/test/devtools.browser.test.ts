// With the devtools' own kit: what they ask, and what they get, is what a person sees in them.

import type { CustomInspectorNode, TimelineEventOptions } from '@vue/devtools-kit'
import { devtools, DevToolsMessagingHookKeys, devtoolsState, getActiveInspectors, toggleHighPerfMode, updateTimelineLayersState } from '@vue/devtools-kit'
import { expect, test, vi } from 'vitest'
import { World } from '../../../test/adapter-scenarios.ts'

// Before Vue is there: it looks for them once.
devtools.init()
const { createApp, h } = await import('vue')
const { agentSessionDevtools } = await import('@agent-session/adapter-vue/devtools')
const { agentSessionPlugin, useAgentSession } = await import('@agent-session/adapter-vue')

const inspectorId = 'agent-session'
const noPage = () => Promise.reject(new Error('There is no page.'))
const tree = (filter = ''): Promise<CustomInspectorNode[]> => devtools.ctx.api.getInspectorTree({ inspectorId, filter })
const state = (nodeId: string) => devtools.ctx.api.getInspectorState({ inspectorId, nodeId })

/** A world whose store the devtools show; what they were told is written down. Once in a page: the kit cannot do with its last app gone. */
async function inspected() {
  const world = new World(noPage)
  const told: TimelineEventOptions[] = []
  const trees: unknown[] = []
  const stops = [
    devtools.ctx.hooks.hook(DevToolsMessagingHookKeys.SEND_TIMELINE_EVENT_TO_CLIENT, (options) => void told.push(options)),
    devtools.ctx.hooks.hook(DevToolsMessagingHookKeys.SEND_INSPECTOR_TREE_TO_CLIENT, (payload) => void trees.push(payload)),
  ]
  const app = createApp({ setup: () => ({ agent: useAgentSession('one') }), render: () => h('p') })
  app.use(agentSessionPlugin, { store: world.store }).use(agentSessionDevtools, { store: world.store })
  app.mount(document.createElement('div'))
  await vi.waitFor(() => expect(devtoolsState.connected).toBe(true))
  expect([getActiveInspectors(), world.subscriptions.total]).toEqual([[], 0])
  // As the devtools do once a person opens them.
  toggleHighPerfMode(false)
  await vi.waitFor(() => expect(getActiveInspectors().map(({ id }) => id)).toContain(inspectorId))
  // As a person does who begins to record.
  updateTimelineLayersState({ recordingState: true, [inspectorId]: true })
  const end = async (): Promise<void> => {
    app.unmount()
    for (const stop of stops) stop()
    toggleHighPerfMode(true)
    await world.store.dispose()
  }
  return { world, app, told, trees, end }
}

test('the devtools get the tree, the state of a session and what happens, and nothing once the app is gone', async () => {
  const { world, told, trees, end } = await inspected()
  const session = await world.start('one')
  await session.rename('Tidy up')
  await world.tell(session, { type: 'permission', request: { id: 'q', title: 'Run ls?', options: [{ id: 'yes', label: 'Allow', kind: 'allow_once' }] } })

  const [store, project] = await tree()
  expect(store).toMatchObject({ id: 'store', tags: [{ label: 'connected' }, { label: 'writing' }] })
  expect(project).toMatchObject({ label: 'one', children: [{ label: 'Tidy up', tags: [{ label: 'running' }, { label: '1 question' }, { label: 'current' }] }] })
  expect(await tree('nothing of the kind')).toHaveLength(1)
  const id = project?.children?.[0]?.id ?? ''
  const sections = await state(id)
  expect(Object.keys(sections)).toEqual(['Session', 'Run', 'Health', 'Transcript', 'Usage', 'Permissions', 'Keeping'])
  expect(sections['Run']).toContainEqual({ key: 'status', value: 'running', editable: false })
  expect(sections['Permissions']?.[0]).toMatchObject({ key: 'q', value: { title: 'Run ls?', state: 'pending' } })

  expect(told.every(({ layerId }) => layerId === inspectorId)).toBe(true)
  expect(told.map(({ event }) => event.title)).toContain('permissions')
  world.transport.emit({ type: 'connection', state: 'reconnecting' })
  await world.tell(session, { type: 'status', status: 'error', error: 'it broke' })
  expect(told.find(({ event }) => event.title === 'reconnecting')?.event).toMatchObject({ logType: 'warning', groupId: 'store' })
  expect(told.some(({ event }) => event.logType === 'error' && event.groupId === session.sessionId && event.subtitle === 'one')).toBe(true)
  expect(new Set(told.map(({ event }) => JSON.stringify(event))).size).toBe(told.length)
  await vi.waitFor(() => expect(trees.at(-1)).toMatchObject({ inspectorId, rootNodes: [{ id: 'store' }, { label: 'one' }] }))

  // All of it goes to another window.
  for (const { id: nodeId } of [store, project, ...(project?.children ?? [])].filter((node) => node !== undefined)) {
    expect(structuredClone(await state(nodeId))).toEqual(await state(nodeId))
  }
  expect(structuredClone(told.map(({ event }) => event))).toHaveLength(told.length)

  await end()
  expect(world.subscriptions.total).toBe(0)
})
