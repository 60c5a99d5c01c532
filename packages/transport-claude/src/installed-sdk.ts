import { textField } from '@agent-session/core/transport'

/** The SDK as it lies on the disk. */
export interface InstalledSdk {
  readonly version?: string
  /** Whether the program is there that it starts. */
  readonly hasProgram: boolean
}

const sdkName = '@anthropic-ai/claude-agent-sdk'

/** The SDK in the first of these `node_modules` folders that has it, without loading it; `undefined` where none has. */
export async function installedSdk(modules?: readonly string[]): Promise<InstalledSdk | undefined> {
  const { readFile, realpath } = await import('node:fs/promises')
  for (const folder of modules ?? (await ownModules())) {
    const manifest = await readFile(`${folder}/${sdkName}/package.json`, 'utf8').catch(() => undefined)
    if (manifest === undefined) continue
    // Package managers put it where its own dependencies are beside it.
    const sdk = await realpath(`${folder}/${sdkName}`)
    const version = versionIn(manifest)
    return { ...(version !== undefined && { version }), hasProgram: await hasProgram(sdk) }
  }
  return undefined
}

/** Whether there is a file. */
export async function isFile(path: string): Promise<boolean> {
  const { stat } = await import('node:fs/promises')
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

async function ownModules(): Promise<readonly string[]> {
  const { createRequire } = await import('node:module')
  return createRequire(import.meta.url).resolve.paths(sdkName) ?? []
}

/** Its program is a package for each machine beside it; before there were those, a file in it. */
async function hasProgram(sdk: string): Promise<boolean> {
  const { arch, platform } = await import('node:process')
  const machine = `${platform}-${arch}`
  const program = platform === 'win32' ? 'claude.exe' : 'claude'
  const packages = [`${sdk}-${machine}`, `${sdk}-${machine}-musl`, `${sdk}/node_modules/${sdkName}-${machine}`, `${sdk}/node_modules/${sdkName}-${machine}-musl`]
  const files = [`${sdk}/cli.js`, ...packages.map((folder) => `${folder}/${program}`)]
  return (await Promise.all(files.map(isFile))).includes(true)
}

function versionIn(manifest: string): string | undefined {
  try {
    return textField(JSON.parse(manifest), 'version')
  } catch {
    // Half installed: loading it will tell more.
    return undefined
  }
}
