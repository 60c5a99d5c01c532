export type { StateField, StateSection } from './inspected-state.ts'
export type { InspectedNode, InspectedTag } from './inspected-tree.ts'
export { createStoreInspector, type StoreInspector, type StoreInspectorOptions } from './store-inspector.ts'
export type { TimelineEntry } from './timeline-entry.ts'
