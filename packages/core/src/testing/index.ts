/** For the tests of apps: a clock that stands still, and a transport with no agent behind it. */
export { createManualClock, type ManualClock, type ManualClockOptions } from './manual-clock.ts'
export {
  createScriptedTransport,
  type ScriptedCommand,
  type ScriptedTransport,
  type ScriptedTransportOptions,
  type ScriptedTurn,
} from './scripted-transport.ts'
