import type { OwnedAgentStore } from './agent-store.ts'
import { OwnerStore } from './owner-store.ts'
import { resolveOptions, type StoreOptions } from './store-options.ts'

/**
 * The store that owns its transport and storage. Nothing is armed or written before the first session.
 * Throws `invalid-limit` for a limit that is none.
 */
export function createAgentStore(options: StoreOptions): OwnedAgentStore {
  return new OwnerStore(resolveOptions(options))
}
