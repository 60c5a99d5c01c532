import { textField } from '@agent-session/core/transport'

/** Parts whose own content is what is wrong with them: it is reported without what is round it. */
const parts = new Set(['agent_message_chunk', 'agent_thought_chunk', 'user_message_chunk', 'tool_call', 'tool_call_update'])
export const isMalformedPart = (update: unknown): boolean => parts.has(textField(update, 'sessionUpdate') ?? '')

/** How a session is set, and what it uses: not what is said in it. */
const newsOfSession = new Set(['usage_update', 'available_commands_update', 'current_mode_update', 'config_option_update', 'session_info_update', 'plan', 'plan_update', 'plan_removed', 'notice', 'state_update', 'user_message', 'user_message_chunk', 'compaction_update', 'compaction_summary_chunk'])
export const isNewsOfSession = (update: unknown): boolean => newsOfSession.has(textField(update, 'sessionUpdate') ?? '')
