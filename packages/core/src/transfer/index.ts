/** A session as a file: out of one store, into another. */
export { exportSession, type ExportOptions } from './export-session.ts'
export { readSessionFile, type FileProblem, type SessionFile } from './read-session-file.ts'
export { sessionFileFormat, sessionFileVersion } from './session-file.ts'
