import type { Prompt } from '../session/prompt.ts'
import type { EndReason, PermissionRequest } from '../session/session-record.ts'
import type { Delivery } from '../session/session-message.ts'
import type { StatePatch } from '../session/session-change.ts'

/** What the store itself does to a session: the other half of `reduce`'s input, beside the agent's events. */
export type StoreAction =
  /** A turn begins with this prompt as its message, before the transport has answered; a message of that id is sent again. */
  | { readonly type: 'run-began'; readonly run: string; readonly messageId: string; readonly prompt: Prompt }
  /** The store ends the run: stopped, refused, never answered. */
  | { readonly type: 'run-ended'; readonly status: 'done' | 'error' | 'idle'; readonly reason: EndReason; readonly error?: string }
  | { readonly type: 'delivery'; readonly messageId: string; readonly delivery: Delivery }
  /** A prompt that goes into the turn that is under way. */
  | { readonly type: 'steered'; readonly messageId: string; readonly prompt: Prompt }
  | { readonly type: 'queued'; readonly messageId: string; readonly prompt: Prompt }
  | { readonly type: 'unqueued'; readonly messageId: string }
  | { readonly type: 'permission-moved'; readonly requestId: string; readonly state: PermissionRequest['state']; readonly optionId?: string }
  /** The agent has the run that was read back, so it has the prompts of it. */
  | { readonly type: 'run-found' }
  /** The line to the agent lost events for good. */
  | { readonly type: 'gap' }
  /** Fields that mean nothing beyond themselves: current, saved, stall, model. */
  | { readonly type: 'fields'; readonly patch: StatePatch }
