import { testInventions } from '../../../test/transports/checked-inventions.ts'
import { inventedExecs, inventedThreads } from './invented-streams.ts'
import { appServerFold, execFold, promptOf } from './recorded-stream.ts'

const streams = [...inventedThreads.map((stream) => ({ ...stream, fold: appServerFold })), ...inventedExecs.map((stream) => ({ ...stream, fold: execFold }))]

testInventions(streams, ({ lines, fold }) => ({ lines, promptOf, fold }))
