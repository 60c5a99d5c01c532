export { serveWebSocket, type ServedWebSocket, type ServeWebSocketOptions } from './serve-web-socket.ts'
export { createLaunchToken } from './launch-token.ts'
