/** A browser that is driven from outside, by whatever protocol it speaks. */
export interface DrivenBrowser {
  readonly name: string
  open(url: string): Promise<DrivenTab>
  close(): Promise<void>
}

export interface DrivenTab {
  /** The value of an expression, awaited; as JSON can hold it. */
  evaluate(expression: string): Promise<unknown>
  close(): Promise<void>
}

/** The first thing that a program says which matches. */
export function saidBy(program: { readonly stdout: NodeJS.ReadableStream | null; readonly stderr: NodeJS.ReadableStream | null; once(event: 'exit', listener: () => void): unknown }, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const hear = (data: Buffer): void => {
      said += data.toString()
      const found = pattern.exec(said)?.[1]
      if (found !== undefined) resolve(found)
    }
    program.stdout?.on('data', hear)
    program.stderr?.on('data', hear)
    program.once('exit', () => reject(new Error(`It ended without saying ${pattern}:\n${said}`)))
  })
}
