import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Sandbox, SandboxError } from './sandbox.ts'

/** What a new sandbox has in it, so that there is something to list, read and search. */
export const SAMPLE_FILES: Readonly<Record<string, string>> = {
  'README.md': `# A sandbox to play in

This folder belongs to the example agent of Agent Session. Everything in it was made for trying
things out: read it, change it, delete it. What is missing is put back when the agent next starts,
and what you changed is left as you changed it.

The agent has no model behind it. It understands a few plain orders, such as "list files",
"search lighthouse" or "write notes/idea.txt: a boat made of paper", and carries them out for real.

## What is here

- notes/todo.txt, a list of things that nobody has done yet
- notes/lighthouse.md, the notes of a lighthouse keeper
- src/hello.js, a program that you can start with "run node src/hello.js"
- data/numbers.csv, a small table to count with
`,
  'notes/todo.txt': `TODO water the tomatoes
TODO find out who moved the ladder
done  paint the door of the lighthouse
TODO answer the letter from the harbour master
done  oil the hinges
`,
  'notes/lighthouse.md': `# Lighthouse

The lamp turns once in twelve seconds. On clear nights it is seen from nineteen miles away, and on
the others from the kitchen window at least.

Ships that greeted this week: two trawlers, one yacht with red sails, and something very small.
`,
  'src/hello.js': `const names = process.argv.slice(2)

for (const name of names.length > 0 ? names : ['world']) {
  console.log(\`Hello, \${name}!\`)
}
`,
  'data/numbers.csv': `day,ships,fog
monday,4,no
tuesday,7,no
wednesday,1,yes
thursday,0,yes
friday,9,no
`,
}

/** Makes what is missing. A file that exists is never touched, whatever is in it. */
export async function plantSamples(sandbox: Sandbox, report: (problem: string) => void): Promise<void> {
  for (const [name, text] of Object.entries(SAMPLE_FILES)) {
    try {
      const { absolute } = await sandbox.resolve(name)
      await mkdir(path.dirname(absolute), { recursive: true })
      // 'wx' asks the disk itself: between a look and a write somebody else may have made the file.
      await writeFile(absolute, text, { flag: 'wx' })
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') continue
      // A folder that somebody replaced by a link or a file is theirs: the agent works without the sample.
      if (error instanceof SandboxError) report(error.message)
      else throw error
    }
  }
}
