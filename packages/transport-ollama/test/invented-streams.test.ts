import { testInventions } from '../../../test/transports/checked-inventions.ts'
import { inventedStreams } from './invented-streams.ts'
import { recorded } from './recorded-stream.ts'

testInventions(inventedStreams, ({ lines }) => recorded(lines))
