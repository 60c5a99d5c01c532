const others = new Map<string, string>([
  ['lastMessage', 'messages'],
  ['messageCount', 'messageList'],
  ['messageIds', 'messageList'],
  ['hasOlder', 'messageList'],
])

/** What the notices of a part of a session bear: its own name, but for these. */
export const noticeOf = (part: string): string => others.get(part) ?? part
