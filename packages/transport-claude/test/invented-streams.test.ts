import { testInventions } from '../../../test/transports/checked-inventions.ts'
import { inventedStreams } from './invented-streams.ts'
import { recordedStream } from './recorded-stream.ts'

testInventions(inventedStreams, ({ lines }) => recordedStream(lines))
