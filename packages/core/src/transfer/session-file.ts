/**
 * A session as a file: JSONL, UTF-8, one value a line.
 *
 * | line | says |
 * | --- | --- |
 * | `{ "format": "agent-session", "version": 1, "exportedAt": ms }` | the header |
 * | `{ "session": … }` | the session's record |
 * | `{ "message": … }` | one message, in seqId order |
 * | `{ "end": { "messages": n } }` | the last line: without it the file was cut off |
 */
export const sessionFileFormat = 'agent-session'
/** Of the format above; a newer one is not read. */
export const sessionFileVersion = 1
