/** Record what passes between a store and its transport, and play it again. */
export { recordTransport, type RecordOptions } from './record-transport.ts'
export { createReplayTransport, type DamagedLine, type ReplayOptions, type ReplayTransport } from './replay-transport.ts'
export { recordingFormat, recordingVersion, type RecordingLine } from './recording-line.ts'
