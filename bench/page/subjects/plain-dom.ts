import { animationFrame } from '@agent-session/core'
import { FloorStore } from '../../subjects/floor/floor-store.ts'
import { piece } from '../../subjects/subject.ts'
import type { PageSubject } from '../page-subject.ts'
import { withStream } from '../with-stream.ts'

/** No framework: the text of one row is set, once a frame. */
export const subject: PageSubject = {
  async mount(target, held) {
    const store = new FloorStore(withStream(held), animationFrame)
    for (const { id, content } of store.rows) {
      const text = document.createTextNode(content)
      target.appendChild(document.createElement('li')).append(text)
      store.subscribeRow(id, () => (text.data = store.get(id)?.content ?? ''))
    }
    return () => store.extend('stream', piece)
  },
}
