/** What has the properties of `source`, each as `read` tells it; none can be written. */
export const view = <Source extends object>(source: Source, read: (name: string | symbol) => unknown): Source =>
  new Proxy(source, {
    get: (_, name) => read(name),
    // For plain JavaScript and `bind:`, which the types cannot hold back.
    set() { throw new TypeError('agent-session: change it by its commands') },
    // Of what looks like a plain object `$state` makes a copy, in which nothing changes any more.
    getPrototypeOf: () => null,
  })
