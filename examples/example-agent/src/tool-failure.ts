import { SandboxError } from './sandbox.ts'

/** A tool could not do what it was asked. The text becomes the result of its tool call. */
export class ToolFailure extends Error {
  override readonly name = 'ToolFailure'
}

/** What a person can do something with, for an error of the disk about a file that they named. */
export function failureOf(error: unknown, name: string): ToolFailure {
  if (error instanceof ToolFailure) return error
  if (error instanceof SandboxError) return new ToolFailure(error.message, { cause: error })
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return new ToolFailure(
    explain(code, name) ?? `"${name}": ${error instanceof Error ? error.message : String(error)}`,
    {
      cause: error,
    },
  )
}

function explain(code: unknown, name: string): string | undefined {
  switch (code) {
    case 'ENOENT':
      return `"${name}" does not exist in the sandbox`
    case 'EISDIR':
      return `"${name}" is a folder`
    case 'ENOTDIR':
      return `"${name}" is not a folder`
    case 'EACCES':
    case 'EPERM':
      return `"${name}" may not be touched: the system refuses it`
    case 'ENOSPC':
      return 'the disk is full'
    default:
      return undefined
  }
}
