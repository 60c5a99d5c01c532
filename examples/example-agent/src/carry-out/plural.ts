/** `1 line`, `2 lines`, `12,000 lines`. */
export function plural(count: number, thing: string, things = `${thing}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? thing : things}`
}
