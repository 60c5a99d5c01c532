import { agentProblem } from '@agent-session/core/transport'

/** Rejects where the folder is none: the SDK would say that the program does not fit this machine. */
export async function expectFolder(cwd: string | undefined): Promise<void> {
  if (cwd === undefined || cwd === '') return
  const { stat } = await import('node:fs/promises')
  const isFolder = await stat(cwd).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder) throw agentProblem('invalid-argument', `The folder ${cwd} is not there`)
}
