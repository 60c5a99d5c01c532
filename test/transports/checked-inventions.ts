import { checkStream, type RecordedStream } from '@agent-session/core/conformance'
import { describe, expect, it } from 'vitest'
import type { InventedStream } from './invented-stream.ts'
import { shown } from './shown-session.ts'

/** The same rules as of recorded streams, on streams that somebody made up. */
export function testInventions<Stream extends InventedStream>(streams: readonly Stream[], recorded: (stream: Stream) => RecordedStream<unknown>): void {
  describe('F16 streams that nobody has recorded', () => {
    it.each(streams.map((stream) => ({ name: stream.name, stream })))('$name: whole, cut at every line, with every line doubled', async ({ name, stream }) => {
      const played = await checkStream(recorded(stream), { end: stream.end })
      await expect(shown(played)).toMatchFileSnapshot(`./invented-streams/${name}.txt`)
    })
  })
}
