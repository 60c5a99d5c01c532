import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const folder = process.env['MUTANTS_FOLDER'] ?? ''

/** Nearest first: what is beside a source finds most of what breaks in it, and the first test that fails ends a mutant's run. */
class NearestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const near = [`/src/${folder}/`, `/test/${folder}`, '/test/', '']
    const distance = ({ moduleId }: TestSpecification): number => near.findIndex((part) => moduleId.includes(part))
    return files.toSorted((a, b) => distance(a) - distance(b))
  }
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Its flood takes as long as half of the rest, and it is about nothing but its own folder.
    exclude: folder === 'health' ? [] : ['test/health.test.ts'],
    // A worker of its own for each file would cost a mutant more than its tests do.
    isolate: false,
    // Counting what each test reaches slows it down; how long a mutant may take is Stryker's to say.
    testTimeout: 60_000,
    sequence: { sequencer: NearestFirst },
  },
})
