const folder = process.env.MUTANTS_FOLDER ?? ''
const cache = 'node_modules/.cache/mutants'

/** Run by `scripts/mutants.mjs`, a folder of `src` at a time. @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: [`src/${folder}/**/*.ts`, '!src/**/*.test.ts'],
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'mutants.vitest.config.ts', related: false },
  coverageAnalysis: 'perTest',
  disableTypeChecks: false,
  concurrency: 2,
  incremental: true,
  incrementalFile: `${cache}/${folder}.json`,
  // not within node_modules, where vitest leaves the file that counts what a test reaches to Node, which runs it once
  tempDirName: '.mutants',
  reporters: ['clear-text', 'progress-append-only'],
  clearTextReporter: { allowColor: false, allowEmojis: false, reportTests: false },
  thresholds: { high: 95, low: 85, break: 85 },
}
