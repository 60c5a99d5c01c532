/**
 * Measures all subjects once, then all again, each round from another one on: what the machine does meanwhile falls on
 * all alike. Gives the rounds of each.
 */
export async function interleaved<Name extends string, Value>(
  names: readonly Name[],
  rounds: number,
  measure: (name: Name, round: number) => Promise<Value>,
): Promise<(name: Name) => readonly Value[]> {
  const values = new Map<Name, Value[]>()
  for (let round = 0; round < rounds; round += 1) {
    const shift = (round * Math.ceil(names.length / rounds)) % names.length
    for (const name of [...names.slice(shift), ...names.slice(0, shift)]) {
      values.set(name, [...(values.get(name) ?? []), await measure(name, round)])
    }
  }
  return (name) => values.get(name) ?? []
}
