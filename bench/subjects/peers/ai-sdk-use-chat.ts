import type { Subject } from '../subject.ts'
import { openUseChat } from './open-use-chat.ts'

export const subject: Subject = { open: async (held) => openUseChat(held) }
