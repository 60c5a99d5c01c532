import type { SessionModeState } from '@agentclientprotocol/sdk/unstable'

export const MODES = ['ask', 'auto'] as const
export type Mode = (typeof MODES)[number]

export function isMode(value: string): value is Mode {
  return MODES.some((mode) => mode === value)
}

export function modeState(current: Mode): SessionModeState {
  return {
    currentModeId: current,
    availableModes: [
      { id: 'ask', name: 'Ask', description: 'Asks before it writes a file or runs a command' },
      { id: 'auto', name: 'Auto', description: 'Writes files and runs commands without asking' },
    ],
  }
}
