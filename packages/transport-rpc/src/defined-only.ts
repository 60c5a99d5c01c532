/** The fields that are there, without those that are `undefined`. */
export function definedOnly<Shape extends object>(fields: Shape): { [Name in keyof Shape]?: Exclude<Shape[Name], undefined> }
export function definedOnly(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
