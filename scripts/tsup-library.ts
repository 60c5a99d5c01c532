import type { Options } from 'tsup'

/** What every package is built with. A package names its entries; dependencies and peers stay outside by themselves. */
export function library(options: Options): Options {
  return {
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    dts: true,
    sourcemap: true,
    clean: true,
    splitting: true,
    treeshake: false,
    // Node's modules stay imports, and keep their `node:`: tsup would write `sqlite`, which no Node resolves
    removeNodeProtocol: false,
    external: [/^node:/],
    tsconfig: 'tsconfig.build.json',
    silent: true,
    ...options,
  }
}
