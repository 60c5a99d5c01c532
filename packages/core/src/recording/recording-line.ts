/**
 * A recording is JSONL: a header, then one line for each thing that passed between a store and its transport.
 *
 * | line | says |
 * | --- | --- |
 * | `{ "format": "agent-session-recording", "version": 1, "startedAt": ms }` | the header, with the wall clock |
 * | `{ "at": ms, "command": "start" \| "prompt" \| …, "with": … }` | what the store asked, `at` ms after the header |
 * | `{ "at": ms, "reply": "start" \| …, "with": … }` | what it was answered |
 * | `{ "at": ms, "event": … }` | what the transport told |
 */
export const recordingFormat = 'agent-session-recording'
/** Of the format above; a newer one is not read. */
export const recordingVersion = 1

const recordedCommands = ['start', 'prompt', 'stop', 'respond', 'configure', 'attach'] as const
export type RecordedCommand = (typeof recordedCommands)[number]

/** One line after the header; `at` in ms after it. */
export type RecordingLine =
  | { readonly at: number; readonly command: RecordedCommand; readonly with: unknown }
  | { readonly at: number; readonly reply: RecordedCommand; readonly with: unknown }
  | { readonly at: number; readonly event: unknown }
