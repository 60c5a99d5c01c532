/** For the tests of apps: a clock that stands still, a transport with no agent behind it, a storage that fails when it is told to. */
export { createFaultyStorage, type FaultyStorage, type FaultyStorageOptions } from './faulty-storage.ts'
export { createManualClock, type ManualClock, type ManualClockOptions } from './manual-clock.ts'
export {
  createScriptedTransport,
  type ScriptedCommand,
  type ScriptedTransport,
  type ScriptedTransportOptions,
  type ScriptedTurn,
} from './scripted-transport.ts'
