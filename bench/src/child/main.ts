// One measurement in a process of its own: what another has made hot, or left in memory, is not in its way.
import { measureDeltas } from './deltas.ts'
import { measureGrowthOf } from './growth.ts'
import type { Measured, Measurement } from './measurement.ts'
import { measureMemory } from './memory.ts'
import { profileOf } from './profile.ts'
import { measureSessions } from './sessions.ts'
import { measureTurns } from './turns.ts'

function measure(ask: Measurement): Promise<Measured> {
  switch (ask.kind) {
    case 'deltas':
      return measureDeltas(ask)
    case 'turns':
      return measureTurns(ask)
    case 'memory':
      return measureMemory(ask)
    case 'sessions':
      return measureSessions(ask)
    case 'growth':
      return measureGrowthOf(ask)
  }
}

process.once('message', async ({ ask, profiled }: { ask: Measurement; profiled: boolean }) => {
  try {
    const answer = profiled ? { profile: await profileOf(() => measure(ask)) } : { measured: await measure(ask) }
    process.send?.(answer, () => process.exit(0))
  } catch (error) {
    process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }, () => process.exit(1))
  }
})
