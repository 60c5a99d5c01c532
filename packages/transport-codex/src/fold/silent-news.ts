const housekeeping = new Set(
  `account/updated account/rateLimits/updated account/login/completed account/gatewayOAuth/changed app/list/updated
  externalAgentConfig/import/progress externalAgentConfig/import/completed fs/changed fuzzyFileSearch/sessionUpdated
  fuzzyFileSearch/sessionCompleted mcpServer/event/stream/notification mcpServer/oauthLogin/completed
  mcpServer/startupStatus/updated modelProvider/authRecoveryStarted modelProvider/authRecoveryCompleted process/exited
  process/outputDelta project/changed remoteControl/status/changed skills/changed command/exec/outputDelta
  windows/worldWritableWarning windowsSandbox/setupCompleted`.split(/\s+/),
)
const threadHousekeeping = new Set(
  `thread/archived thread/attachment/updated thread/closed thread/deleted thread/environment/connected
  thread/environment/disconnected thread/goal/cleared thread/goal/updated thread/prediction/updated
  thread/project/updated thread/queue/changed thread/readState/changed thread/section/changed thread/started
  thread/status/changed thread/unarchived turn/diff/updated turn/moderationMetadata hook/started hook/completed
  item/autoApprovalReview/started item/autoApprovalReview/completed autoApprovalReview/strictReviewRequired
  item/commandExecution/terminalInteraction item/mcpToolCall/progress item/reasoning/summaryPartAdded
  model/safetyBuffering/updated model/verification rawResponse/completed rawResponseItem/completed`.split(/\s+/),
)
const notices = new Set(['warning', 'guardianWarning', 'configWarning', 'deprecationNotice'])

/** What Codex says of itself, its account and its surroundings: nothing for a session. */
export const isHousekeeping = (method: string): boolean => housekeeping.has(method)

/** News of a thread that no conversation shows, or that are told better elsewhere. */
export const isThreadHousekeeping = (method: string): boolean => threadHousekeeping.has(method)

/** Words for a person who looks for a reason, but no part of the conversation: a recorder keeps them. */
export const isNotice = (method: string): boolean => notices.has(method)
