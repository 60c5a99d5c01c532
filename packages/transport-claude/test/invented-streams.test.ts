import { checkStream } from '@agent-session/core/conformance'
import { describe, expect, it } from 'vitest'
import { shown } from '../../../test/transports/shown-session.ts'
import { inventedStreams } from './invented-streams.ts'
import { recordedStream } from './recorded-stream.ts'

describe('F16 streams that nobody has recorded', () => {
  it.each(inventedStreams)('$name: whole, cut at every line, with every line doubled', async ({ name, lines, end }) => {
    const played = await checkStream(recordedStream(lines), { end })
    await expect(shown(played)).toMatchFileSnapshot(`./invented-streams/${name}.txt`)
  })
})
