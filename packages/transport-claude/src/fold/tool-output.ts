import { amountField, field, listField, textField } from '@agent-session/core/transport'
import { outputText } from './content-text.ts'
import { patchText } from './patch-text.ts'

/**
 * What a tool gave, for people. The program tells each result twice: `content` is what the model reads, with notes
 * and orders to it; `structured` (`tool_use_result`) is the tool's own, and is taken where its shape is known.
 */
export function toolOutput(content: unknown, structured: unknown, failed: boolean): unknown {
  if (failed) return failureText(content, structured)
  const words = outputText(content)
  return commandOutput(structured) ?? reportText(structured) ?? withPatch(words === undefined ? (content ?? '') : handedBack(words), patchText(structured))
}

/** What a sub-agent reported, out of the frame of orders that the model reads it in; other words as they are. */
function handedBack(words: string): string {
  const frame = words.indexOf('[Subagent hand-back]')
  const opening = 'The report follows:\n'
  const begin = frame === -1 ? -1 : words.indexOf(opening, frame)
  if (begin === -1) return words
  const end = words.lastIndexOf('\nagentId: ')
  // The frame sets every line of the report in.
  return words.slice(begin + opening.length, end > begin ? end : undefined).replaceAll(/^ {2}/gm, '')
}

/** Of a failure the tool's own words; the model's copy goes on with orders of what to do now. */
function failureText(content: unknown, structured: unknown): unknown {
  if (typeof structured === 'string') return structured.replace(/^Error: /, '')
  const text = outputText(content)
  return text === undefined ? (content ?? '') : text.replace(/^<tool_use_error>(?:Error: )?([\s\S]*)<\/tool_use_error>$/, '$1')
}

/** A shell command: all that it printed, where the model reads only the beginning. */
function commandOutput(structured: unknown): string | undefined {
  const stdout = textField(structured, 'stdout')
  const stderr = textField(structured, 'stderr')
  if (stdout === undefined || stderr === undefined || field(structured, 'isImage') === true) return undefined
  // Of a command that goes on in the background the model's copy says where.
  if (textField(structured, 'backgroundTaskId') !== undefined) return undefined
  const path = textField(structured, 'persistedOutputPath')
  const size = amountField(structured, 'persistedOutputSize')
  const rest = path === undefined ? '' : `... (the whole output${size === undefined ? '' : `, ${size} bytes,`} is in ${path})`
  return [stdout, stderr, rest].filter((part) => part !== '').join('\n')
}

/** A sub-agent: its last words. */
function reportText(structured: unknown): string | undefined {
  if (textField(structured, 'agentId') === undefined || !Array.isArray(field(structured, 'content'))) return undefined
  const texts = listField(structured, 'content').map((block) => textField(block, 'text') ?? '')
  const said = texts.filter((text) => !/^<tools-used-before-summary>[\s\S]*<\/tools-used-before-summary>\s*$/.test(text)).join('\n')
  return said === '' ? undefined : said
}

function withPatch(words: unknown, patch: string | undefined): unknown {
  if (patch === undefined) return words
  return typeof words === 'string' && words !== '' ? `${words}\n${patch}` : patch
}
