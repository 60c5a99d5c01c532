export type TextStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/**
 * What a browser keeps for the page. Where it does not (it is full, or the person lets pages keep nothing) it is kept
 * until the tab goes: a page that stands still for that is worse than one that forgets.
 */
export function pageStorage(open: () => TextStorage): TextStorage {
  const kept = new Map<string, string>()

  function tried<Result>(use: (storage: TextStorage) => Result): Result | undefined {
    try {
      // Where a person forbids it, even to name it throws.
      return use(open())
    } catch {
      return undefined
    }
  }

  function wrote(key: string, value: string): boolean {
    return tried((storage) => {
      storage.setItem(key, value)
      return true
    }) === true
  }

  return {
    getItem: (key) => kept.get(key) ?? tried((storage) => storage.getItem(key)) ?? null,
    setItem(key, value) {
      kept.delete(key)
      if (wrote(key, value)) return
      kept.set(key, value)
      // What was there before is out of date.
      tried((storage) => storage.removeItem(key))
    },
    removeItem(key) {
      kept.delete(key)
      tried((storage) => storage.removeItem(key))
    },
  }
}

/** For this tab, and its reloads. */
export const tabStorage = pageStorage(() => sessionStorage)
/** For all windows, today and tomorrow. */
export const browserStorage = pageStorage(() => localStorage)
