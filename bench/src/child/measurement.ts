/** What a process of its own is asked for. Each is done by the file of its name. */
export type Measurement =
  | { readonly kind: 'deltas'; readonly subject: string; readonly held: readonly number[]; readonly eventsPerNotice: number; readonly budgetMs: number }
  | { readonly kind: 'turns'; readonly subject: string; readonly held: readonly number[]; readonly budgetMs: number }
  | { readonly kind: 'memory'; readonly subject: string; readonly each: boolean; readonly messages: number }
  | { readonly kind: 'sessions'; readonly store: 'agent-session' | 'floor'; readonly sessions: number; readonly events: number; readonly eventsPerNotice: number }
  | { readonly kind: 'growth'; readonly eventsPerNotice: number; readonly storage: 'memory' | 'sqlite' | 'held' }
  | {
      readonly kind: 'sqlite'
      readonly layout: 'agent-session' | 'integer key' | 'composite text key'
      readonly driver: 'node:sqlite' | 'better-sqlite3'
      readonly messages: number
    }

/** Numbers by their names, as each kind says. */
export type Measured = Readonly<Record<string, number>>
