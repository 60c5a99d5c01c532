import type { AvailableCommand } from '@agent-session/core'

/** More would hide the conversation; a letter more narrows it down. */
const most = 8

/** The commands that what is being written may become: those whose name begins so, then those that have it in them. */
export function suggestedCommands(draft: string, commands: readonly AvailableCommand[]): readonly AvailableCommand[] {
  const begun = /^\/(\S*)$/.exec(draft)?.[1]?.toLowerCase()
  if (begun === undefined) return []
  const named = commands.map((command) => ({ command, at: command.name.toLowerCase().indexOf(begun) })).filter(({ at }) => at !== -1)
  // Whole already, and there is nothing to choose.
  if (named.length === 1 && named[0]?.command.name.toLowerCase() === begun) return []
  return [...named.filter(({ at }) => at === 0), ...named.filter(({ at }) => at > 0)].slice(0, most).map(({ command }) => command)
}

/** What stands in the prompt once a command is chosen: with a blank where something follows its name. */
export const commandDraft = ({ name, hint }: AvailableCommand): string => `/${name}${hint === undefined ? '' : ' '}`
