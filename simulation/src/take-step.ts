import type { AgentSession } from '@agent-session/core'
import { pick } from './dice.ts'
import type { FarSession } from './far-side.ts'
import type { Step } from './story.ts'
import { projects, type World } from './world.ts'

/** Does what a step says, as far as there is anything to do it with. */
export async function takeStep(world: World, { name, a, b }: Step): Promise<void> {
  const { store, process } = world
  const project = projects[a % projects.length] ?? 'one'
  const session = pick(world.sessions(), a)
  const view = session?.view
  switch (name) {
    case 'start': {
      if (b % 3 === 1) stopping(world, project)
      const ifRunning = (['refuse', 'stop', 'background'] as const)[b % 3]
      return world.command('start', store.start(project, { provider: 'any', prompt: `start ${b}`, ...(ifRunning && { ifRunning }) }))
    }
    case 'prompt':
      return view && world.command('prompt', store.promptSession(view.sessionId, `prompt ${b}`))
    case 'stop':
      if (session?.far.run !== undefined) world.stopped.add(session.far.run)
      if (view?.run !== undefined) world.stopped.add(view.run)
      return view && world.command('stop', store.stopSession(view.sessionId))
    case 'withdraw': {
      const queued = pick(view?.queue ?? [], b)
      return view && queued && world.command('withdraw', store.withdraw(view.sessionId, queued.messageId))
    }
    case 'answer': {
      const question = pick(view?.permissions ?? [], b)
      return view && question && world.command('respond', store.respond(view.sessionId, question.id, b % 4 === 0 ? {} : { optionId: 'yes' }))
    }
    case 'select':
      return view && world.command('select', store.select(view.projectId, view.sessionId))
    case 'purge': {
      if (view === undefined) return
      world.purged.add(view.sessionId)
      session?.far.end()
      return world.command('purge', store.purge(view.sessionId))
    }
    case 'open': {
      const known = pick([...world.far.sessions.keys()], b)
      return known === undefined ? undefined : void store.openSession(known).catch(() => {})
    }
    case 'loadOlder':
      return view && loadOlder(world, view, (b % 10) + 1)
    case 'clear':
      stopping(world, project)
      return world.command('clear', store.clear(project))
    case 'pin':
      return view && world.command('pin', store.pin(view.sessionId, b % 2 === 0))
    case 'retention':
      return world.command('setRetention', store.setRetention({ count: (b % 4) + 1 }))
    case 'tell': {
      const told = session?.far.say(b, a)
      if (told !== undefined) process.line.send(told)
      return
    }
    case 'deliver':
      return process.line.deliver()
    case 'deliverEarly':
      return process.line.deliverEarly(b)
    case 'deliverTwice':
      return process.line.deliverTwice(b)
    case 'lose':
      return process.line.lose(b)
    case 'disconnect':
      return process.line.disconnect()
    case 'reconnect':
      return process.line.reconnect()
    case 'refuseNext':
      world.far.refuseNext = true
      return
    case 'slowStorage':
      world.storageFails()
      return process.storage.slow(b % 8_000)
    case 'failStorage':
      world.storageFails()
      return process.storage.failNext((b % 4) + 1)
    case 'loseAnswer':
      world.storageFails()
      return process.storage.loseAnswers((b % 3) + 1)
    case 'healStorage':
      return heal(world)
    case 'wait':
      return world.clock.advance(b % 5 === 0 ? b % 40_000 : b % 1_500)
    case 'sleep':
      await world.clock.sleep(b % 7_200_000)
      // Not every machine tells that it woke.
      return a % 2 === 0 ? process.wake() : undefined
    case 'wallClock':
      return world.clock.setWallClock(world.clock.now() + (b % 200_000) - 100_000)
    case 'crash':
      return world.crash()
    case 'usurp':
      return world.usurp()
    case 'openWindow':
      return world.openWindow()
    case 'cutWindow':
      return pick(world.windows, b)?.loseNext()
    case 'closeWindow':
      return world.closeWindows()
    case 'tellAgain': {
      const told = session?.far.sayAgain(a, b)
      if (told !== undefined) process.line.send(told)
      return
    }
    case 'restartHost':
      // With the host its lines end.
      process.line.disconnect()
      for (const far of world.far.sessions.values()) far.restart()
      return
    case 'forgetHost':
      return session?.far.forget(b % 10)
    case 'slowLine':
      return process.line.slow(b % 10_000)
    case 'healLine':
      return process.line.slow(0)
    case 'garble':
      return process.line.garble(b)
    case 'hide':
      return process.hide()
    case 'quit':
      return
    case 'standby':
      return world.stand()
    case 'burst':
      return session && burst(world, session.far, a, b)
    case 'failLong':
      world.storageFails()
      return process.storage.failNext((b % 12) + 4)
    case 'hangStorage':
      world.storageFails()
      return process.storage.hang()
    case 'haunt':
      return haunt(world, project, a, b)
  }
}

/** Asked while pages are on their way already, a view gives those, and they come once. */
function loadOlder({ pagedIn, loads }: World, view: AgentSession, count: number): void {
  const loading = view.loadOlder(count)
  if (loads.has(loading)) return
  loads.add(loading)
  loading.then((loaded) => pagedIn.set(view, (pagedIn.get(view) ?? 0) + loaded), () => {})
}

export function heal(world: World): void {
  const { storage } = world.process
  storage.slow(0)
  storage.failNext(0)
  storage.loseAnswers(0)
  storage.release()
  world.storageHeals()
}

function stopping(world: World, project: string): void {
  const run = world.store.getSession(project)?.run
  if (run !== undefined) world.stopped.add(run)
}

/** An agent says much at once, and it is heard between the single moves of a commit that is under way. */
async function burst({ process: { line } }: World, far: FarSession, a: number, b: number): Promise<void> {
  const count = (b % 12) + 4
  for (let said = 0; said < count; said += 1) {
    const told = far.say((a + said * 31) % 95, b + said)
    if (told !== undefined) line.send(told)
  }
  for (let heard = 0; heard < count; heard += 1) {
    line.deliver()
    if (heard % 3 === a % 3) await Promise.resolve()
  }
}

/** A process that was taken over from does not know it yet, or does: whatever it is told to do, nothing comes of it (F14). */
async function haunt(world: World, project: string, a: number, b: number): Promise<void> {
  const ghost = pick(world.ghosts, a)
  if (ghost === undefined) return
  const { store, number } = ghost
  const known = pick([...world.far.sessions.keys()], b)
  const work = b % 2 === 0 || known === undefined ? store.start(project, { provider: 'any', prompt: `haunt ${b}` }) : store.purge(known)
  const done = work.then((result) => {
    if (result.ok) world.violate(`F14: process ${number} took a command after another had taken the lease`)
  })
  world.command('haunt', done)
}
