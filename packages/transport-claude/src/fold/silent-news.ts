/**
 * News that a conversation does not show. They are told on as messages of type `status`: a recorder keeps them, nobody
 * is warned, and they are a sign of life. Not all of them are in the SDK's own documentation.
 */
const systemNews = new Set([
  'agents_killed',
  'api_error',
  'api_retry',
  'away_summary',
  'background_tasks_changed',
  'checkpoint_done',
  'code_change_published',
  'control_request_progress',
  'elicitation_complete',
  'file_attachments_missing',
  'file_snapshot',
  'files_persisted',
  'hook_progress',
  'hook_response',
  'hook_started',
  'informational',
  'instruction_size_warning',
  'local_command',
  'memory_recall',
  'memory_saved',
  'mirror_error',
  'model_refusal_no_fallback',
  'notification',
  'peer_message_hold',
  'per_turn_effort_changed',
  'permission_check_status',
  'permission_denied',
  'permission_retry',
  'plugin_install',
  'post_turn_summary',
  'scheduled_task_fire',
  'session_metadata',
  'session_state_changed',
  'session_writes_lost',
  'shell_cwd',
  'stop_hook_summary',
  'task_notification',
  'task_progress',
  'task_started',
  'task_summary',
  'task_updated',
  'thinking_tokens',
  'turn_began_before_init',
  'turn_duration',
  'turn_preempted',
  'turn_starting',
  'vcs_state_changed',
  'worker_shutting_down',
])

const news = new Set([
  'active_goal',
  'prompt_suggestion',
  'rate_limit_event',
  'tool_progress',
  'tool_use_summary',
])

export const isSystemNews = (subtype: string): boolean => systemNews.has(subtype) || subtype.startsWith('ui_') || subtype.startsWith('bridge_')

export const isNews = (type: string | undefined): boolean => type !== undefined && news.has(type)
