/** What a mirror of a store is built from: the same models, views and notices as the owner's, driven by its changes. */
export { SessionDirectory, type ChangedSession, type DirectoryOptions } from './session-directory.ts'
export { endNotification } from '../session/end-notification.ts'
export type { ListenerFailure, SessionCommands } from '../session/session-view.ts'
