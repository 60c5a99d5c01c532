import { Session } from 'node:inspector/promises'
import { profileLines, type ProfileLine } from '../profile-line.ts'

const samplingUs = 200

/** Where the time goes while `work` runs in this process. */
export async function profileOf(work: () => Promise<unknown>, lines = 14): Promise<ProfileLine[]> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: samplingUs })
  await session.post('Profiler.start')
  await work()
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  return profileLines(profile, lines)
}
