import { mountUseChat } from '../mount-use-chat.ts'
import type { PageSubject } from '../page-subject.ts'

export const subject: PageSubject = { mount: (target, held) => mountUseChat(target, held, 50) }
