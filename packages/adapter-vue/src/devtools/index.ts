import type { AgentStore } from '@agent-session/core'
import { createStoreInspector, type InspectedNode, type InspectedTag, type StateSection, type TimelineEntry } from '@agent-session/core/devtools'
import { setupDevToolsPlugin } from '@vue/devtools-api'
import type { App } from 'vue'

const id = 'agent-session'
const label = 'Agent sessions'

/** `app.use(agentSessionDevtools, { store })`: as `setupAgentSessionDevtools(app, store)`. */
export const agentSessionDevtools = {
  install: (app: App, options: { store: AgentStore }): void => setupAgentSessionDevtools(app, options.store),
}

/**
 * Shows a store in the Vue devtools: an inspector with its projects, their sessions and the state of each, and what happens
 * as a layer of the timeline. Nothing is subscribed before the devtools ask for the app, and nothing is left when the app
 * is unmounted. Without devtools, and in a server render, it does nothing.
 */
export function setupAgentSessionDevtools(app: App, store: AgentStore): void {
  const inspector = createStoreInspector(store)
  let end = (): void => {}
  setupDevToolsPlugin({ id, label, packageName: '@agent-session/adapter-vue', app }, (api) => {
    api.addInspector({ id, label, icon: 'smart_toy', treeFilterPlaceholder: 'Search sessions', noSelectionText: 'Choose a session' })
    api.addTimelineLayer({ id, label, color: colors.busy })
    api.on.getInspectorTree((asked) => {
      if (asked.app === app && asked.inspectorId === id) asked.rootNodes = inspector.tree(asked.filter).map(shownNode)
    })
    api.on.getInspectorState((asked) => {
      if (asked.app === app && asked.inspectorId === id) asked.state = shownState(inspector.state(asked.nodeId))
    })
    let told = 0
    // Devtools that are opened again begin again.
    end()
    end = inspector.subscribe(() => {
      for (const entry of inspector.timeline) if (entry.id > told) api.addTimelineEvent({ layerId: id, event: shownEvent(entry) })
      told = inspector.timeline.at(-1)?.id ?? told
      api.sendInspectorTree(id)
      api.sendInspectorState(id)
    })
  })
  app.onUnmount(() => end())
}

/** As 0xRRGGBB, each readable under white words. */
const colors: Readonly<Record<InspectedTag['tone'], number>> = { quiet: 0x6b7280, busy: 0x2563eb, good: 0x15803d, attention: 0xb45309, bad: 0xb91c1c }

const shownNode = ({ id, label, tags, children }: InspectedNode): ShownNode => ({
  id,
  label,
  tags: tags.map((tag) => ({ label: tag.label, textColor: 0xffffff, backgroundColor: colors[tag.tone] })),
  children: children.map(shownNode),
})

interface ShownNode extends Pick<InspectedNode, 'id' | 'label'> {
  readonly tags: { label: string; textColor: number; backgroundColor: number }[]
  readonly children: ShownNode[]
}

const shownState = (sections: readonly StateSection[]) =>
  Object.fromEntries(sections.map(({ title, fields }) => [title, fields.map(({ key, value }) => ({ key, value, editable: false }))]))

const shownEvent = ({ at, kind, level, title, sessionId, projectId, detail }: TimelineEntry) => ({
  time: at,
  title,
  subtitle: projectId ?? '',
  logType: level === 'info' ? ('default' as const) : level,
  groupId: sessionId ?? 'store',
  data: { kind, projectId, sessionId, detail },
})
