export { createAcpTransport, type AcpTransportOptions } from './acp-transport.ts'
export { streamLink, type AcpLink, type ConnectAgent, type LinkEnd, type LinkRequest } from './acp-link.ts'
export { AcpFold, type Loss } from './fold/acp-fold.ts'
