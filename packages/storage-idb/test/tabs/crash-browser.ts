// npm run crashes:browser                 kills Chromium (-9) 20 times while a store saves, and says what was kept
// npm run crashes:browser -- --times 200
import { parseArgs } from 'node:util'
import { buildTab, makeProfile } from './chromium.ts'
import { crashBrowser, type Crash } from './crash-run.ts'

const { values } = parseArgs({ options: { times: { type: 'string', default: '20' } } })
const times = Number(values.times)
if (!Number.isInteger(times) || times < 1) throw new Error(`--times ${values.times}: how often is it to be killed?`)

const profile = makeProfile()
try {
  const onCrash = ({ moment, shown, acknowledged, stored, lostMs, inFlight }: Crash): void =>
    console.log(
      `killed ${moment}: ${shown} words shown, ${acknowledged} acknowledged, ${stored} stored, ` +
        `${lostMs === 0 ? 'none missing' : `missing what was shown in the last ${lostMs.toFixed(0)} ms`}${inFlight ? `, the commit in flight was ${inFlight}` : ''}`,
    )
  const crashes = await crashBrowser({ times, profile: profile.path, script: await buildTab(), random: Math.random, onCrash })
  const longest = Math.max(...crashes.map(({ lostMs }) => lostMs))
  console.log(`${crashes.length} crashes: the database opened and was whole after each, nothing acknowledged was lost, and of the rest at most the last ${longest.toFixed(0)} ms`)
  profile.remove()
} catch (thrown) {
  console.error(`The profile is kept, to be looked at: ${profile.path}`)
  throw thrown
}
