import { field, listField, textField } from '@agent-session/core/transport'

/** What a file tool changed, as the unified diff that people read; `undefined` where it tells of no change. */
export function patchText(result: unknown): string | undefined {
  const path = textField(result, 'filePath')
  if (path === undefined || !Array.isArray(field(result, 'structuredPatch'))) return undefined
  const hunks = listField(result, 'structuredPatch').flatMap(hunkLines)
  if (hunks.length > 0) return [`--- ${path}`, `+++ ${path}`, ...hunks].join('\n')
  const content = textField(result, 'content')
  // A new file has no patch, only its content.
  if (textField(result, 'type') !== 'create' || content === undefined || content === '') return undefined
  const lines = content.replace(/\n$/, '').split('\n')
  return ['--- /dev/null', `+++ ${path}`, `@@ -0,0 +1,${lines.length} @@`, ...lines.map((line) => `+${line}`)].join('\n')
}

function hunkLines(hunk: unknown): string[] {
  const lines = listField(hunk, 'lines').filter((line) => typeof line === 'string')
  if (lines.length === 0) return []
  const [oldStart, oldLines, newStart, newLines] = ['oldStart', 'oldLines', 'newStart', 'newLines'].map((name) => String(field(hunk, name)))
  return [`@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`, ...lines]
}
