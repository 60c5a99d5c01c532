/**
 * Whether this store writes its storage. `idle`: it has not asked yet; `writing`: it does; `reading`: another process
 * has the lease, or took it, and this one shows what is stored until that one is gone or `takeOver` is called. `holder`
 * is the epoch of the store that has it, where that is known.
 */
export type WriterState = { readonly state: 'idle' | 'writing' } | { readonly state: 'reading'; readonly holder?: string }
