const units = ['B', 'kB', 'MB'] as const

/** A size as people say it: `12 B`, `3.4 kB`, `5 MB`. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0]
  for (; value >= 1_000 && unit < units.length - 1; unit += 1) value /= 1_024
  return `${value.toLocaleString('en-US', { maximumFractionDigits: unit > 0 && value < 100 ? 1 : 0 })} ${units[unit]}`
}
