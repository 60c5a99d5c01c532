// The workspace's scripts are plain JavaScript.
declare module '*/find-chromium.mjs' {
  /** The path of a Chromium that is there when this returns. */
  export function findChromium(): string
}
