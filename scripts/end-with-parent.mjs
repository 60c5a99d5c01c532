// Preloaded (`node --import`) into what `npm start` runs: it ends, as by SIGTERM, when the script that started it is killed.

import { isMainThread } from 'node:worker_threads'
import { onceOrphaned } from './orphaned.mjs'

if (isMainThread) onceOrphaned(() => process.kill(process.pid, 'SIGTERM'))
