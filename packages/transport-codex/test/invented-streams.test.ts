import { checkStream } from '@agent-session/core/conformance'
import { describe, expect, it } from 'vitest'
import { shown } from '../../../test/transports/shown-session.ts'
import { inventedExecs, inventedThreads } from './invented-streams.ts'
import { appServerFold, execFold, promptOf } from './recorded-stream.ts'

describe('F16 streams that nobody has recorded', () => {
  it.each([...inventedThreads.map((stream) => ({ ...stream, fold: appServerFold })), ...inventedExecs.map((stream) => ({ ...stream, fold: execFold }))])(
    '$name: whole, cut at every line, with every line doubled',
    async ({ name, lines, end, fold }) => {
      const played = await checkStream({ lines, promptOf, fold }, { end })
      await expect(shown(played)).toMatchFileSnapshot(`./invented-streams/${name}.txt`)
    },
  )
})
