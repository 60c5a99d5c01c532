import { animationFrame } from '@agent-session/core'
import { mount } from 'svelte'
import { FloorStore } from '../../subjects/floor/floor-store.ts'
import { piece } from '../../subjects/subject.ts'
import FloorRows from '../lists/FloorRows.svelte'
import type { PageSubject } from '../page-subject.ts'
import { withStream } from '../with-stream.ts'

/** A signal for each row, told once a frame. */
export const subject: PageSubject = {
  async mount(target, held) {
    const store = new FloorStore(withStream(held), animationFrame)
    mount(FloorRows, { target, props: { store } })
    return () => store.extend('stream', piece)
  },
}
