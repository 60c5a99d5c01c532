/** What a key does wherever the focus is; what keys do within one part of the page is that part's own affair. */
export type ShortcutCommand = 'new' | 'previous' | 'next' | 'attention' | 'search' | 'prompt' | 'help'

export interface Shortcut {
  /** As a person reads them; each by itself. */
  readonly keys: readonly string[]
  readonly where: 'anywhere' | 'in the prompt' | 'in the conversation' | 'in a replay' | 'in the list of sessions' | 'in a search' | 'in a question of an agent' | 'in a dialog, a form or a menu'
  readonly does: string
}

/** All keys of the console: the help shows them, and the README has the same table. */
export const shortcuts: readonly Shortcut[] = [
  { keys: ['Alt+N'], where: 'anywhere', does: 'a new session; one that runs goes on, and stays in the list' },
  { keys: ['Alt+↑', 'Alt+↓'], where: 'anywhere', does: 'the session above or below in the list' },
  { keys: ['Alt+A'], where: 'anywhere', does: 'the next session that needs you; its question gets the focus, none of its answers does' },
  { keys: ['Ctrl+K'], where: 'anywhere', does: 'searches all sessions' },
  { keys: ['/'], where: 'anywhere', does: 'goes to the prompt, unless you are writing elsewhere' },
  { keys: ['?'], where: 'anywhere', does: 'shows these keys, unless you are writing' },
  { keys: ['F8'], where: 'anywhere', does: 'goes to the newest note at the top; Escape dismisses it and goes on, at last back to where you were' },
  { keys: ['Enter'], where: 'in the prompt', does: 'sends the prompt; while the agent works it waits for its turn' },
  { keys: ['Shift+Enter'], where: 'in the prompt', does: 'a new line' },
  { keys: ['Escape'], where: 'in the prompt', does: 'stops the agent' },
  { keys: ['↑'], where: 'in the prompt', does: 'where it is empty: the prompt before, to change and send again' },
  { keys: ['Shift+Tab'], where: 'in the prompt', does: 'to a question above it. A question never takes the focus by itself: nobody allows by accident what came up while they were writing' },
  { keys: ['Delete'], where: 'in the prompt', does: 'on an attachment: takes it away' },
  { keys: ['Ctrl+F'], where: 'in the conversation', does: 'finds words in a session of more than 250 messages, of which the page has only those near to what is read; Enter goes to the next older one, Shift+Enter back. In a shorter one, and when it is pressed once more, it is the browser’s own' },
  { keys: ['Page Up', 'Page Down', 'Home', 'End'], where: 'in the conversation', does: 'through all of the session, however long' },
  { keys: ['Space'], where: 'in a replay', does: 'where nothing else takes it: plays and pauses' },
  { keys: ['←', '→', 'Page Up', 'Page Down', 'Home', 'End'], where: 'in a replay', does: 'on its position: goes there' },
  { keys: ['↑', '↓'], where: 'in the list of sessions', does: 'the session or project above or below' },
  { keys: ['F2'], where: 'in the list of sessions', does: 'renames the session' },
  { keys: ['Delete'], where: 'in the list of sessions', does: 'deletes the session, once you have said so again' },
  { keys: ['↑', '↓'], where: 'in a search', does: 'the result above or below; Enter opens it' },
  { keys: ['Escape'], where: 'in a search', does: 'ends it' },
  { keys: ['Escape'], where: 'in a question of an agent', does: 'back to the prompt; the question waits on' },
  { keys: ['Escape'], where: 'in a dialog, a form or a menu', does: 'closes it, and nothing is done' },
]

export type KeyPress = Pick<KeyboardEvent, 'key' | 'code' | 'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey'>

/** What a key is to do wherever it was pressed; letters by their place, since Alt writes other characters with them on a Mac. */
export function commandOf({ key, code, altKey, ctrlKey, metaKey, shiftKey }: KeyPress, { writing, choosing = false }: { writing: boolean; choosing?: boolean }): ShortcutCommand | undefined {
  if (altKey && !ctrlKey && !metaKey && !shiftKey) {
    if (code === 'KeyN') return 'new'
    if (code === 'KeyA') return 'attention'
    // A list of choices opens and closes by these.
    if (choosing) return undefined
    if (key === 'ArrowUp') return 'previous'
    if (key === 'ArrowDown') return 'next'
  }
  if ((ctrlKey || metaKey) && !altKey && !shiftKey && code === 'KeyK') return 'search'
  if (writing || altKey || ctrlKey || metaKey) return undefined
  if (key === '/') return 'prompt'
  if (key === '?') return 'help'
  return undefined
}

/** Whether what is typed goes into it. */
export function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'range', 'button', 'submit', 'file'].includes(target.type)
  // A list of choices is gone through by letters.
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable
}
