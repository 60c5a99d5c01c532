export { createIdbStorage, type IdbStorage, type IdbStorageOptions } from './idb-storage.ts'
