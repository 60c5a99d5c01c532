/** A list that its owner replaces: the glue that a client without a framework is used with. */
export function rawState<Item>(initial: readonly Item[]): { items: readonly Item[] } {
  let items = $state.raw(initial)
  return {
    get items() {
      return items
    },
    set items(next) {
      items = next
    },
  }
}
