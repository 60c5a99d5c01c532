export { serveAgentStore, type ServeOptions } from './serve-agent-store.ts'
export { connectAgentStore, type ConnectOptions, type MirrorStore } from './connect-agent-store.ts'
export {
  webSocketChannel,
  type SocketConstructor,
  type SocketLike,
  type ConnectTrouble,
  type WebSocketChannel,
  type WebSocketChannelOptions,
} from './web-socket-channel.ts'
export type { BufferedChannel, Line, LineChannel } from './line-channel.ts'
