import type { AgentTransport, StartCommand } from '../ports/agent-transport.ts'
import type { Clock } from '../ports/clock.ts'

/**
 * What the agent behind the transport does at each prompt. Its words are always `Hello.`, so that the cases know them.
 *
 * | scene | the agent |
 * | --- | --- |
 * | answers | says `Hello.` and ends well |
 * | hangs | says `Hello.` and goes on until it is stopped; it agrees to a stop |
 * | uses-a-tool | makes one tool call, gives its result, says `Hello.` and ends well |
 * | asks | asks for permission, with an option that allows and one that rejects; allowed, it says `Hello.` and ends well |
 * | refuses | is not there, or does not get as far as a session |
 * | fails | ends in an error of its own (the model's API, a limit), after a word or none |
 * | dies | says `Hello.` and is gone at the first prompt; started again it answers |
 * | speaks-unknown | sends a message of a kind that nobody knows, says `Hello.` and ends well |
 * | talks-late | as `hangs`, but sends more messages of the run after it agreed to the stop; at the next prompt it answers |
 */
export type TransportScene = 'answers' | 'hangs' | 'uses-a-tool' | 'asks' | 'refuses' | 'fails' | 'dies' | 'speaks-unknown' | 'talks-late'

/** One transport that is tried, with the agent behind it. */
export interface TransportUnderTest {
  readonly transport: AgentTransport
  /**
   * What it holds at this moment, one text each: timers that are armed, processes, sockets. Asked before anything was
   * started and after it was closed, when it must be empty.
   */
  leftovers(): readonly string[] | Promise<readonly string[]>
  /** Another transport to the same agent, as after a restart of the app. Absent: the agent remembers nothing. */
  reopen?(): TransportUnderTest | Promise<TransportUnderTest>
  /** Lets go of what the test itself made: folders, servers. Called after the transport was closed. */
  dispose?(): Promise<void>
}

/** How the cases get at the transport that they try. */
export interface TransportSetup {
  /** A transport that nobody has used, with an agent behind it that plays the scene. Another one at each call. */
  open(scene: TransportScene): TransportUnderTest | Promise<TransportUnderTest>
  /** Scenes that this kind of agent cannot play, each with the reason: the cases about them are passed over. */
  readonly without?: Partial<Record<TransportScene, string>>
  /** What a start carries beside its ids and its prompt: a provider, a folder, a model. Absent: the provider `agent`. */
  readonly start?: Partial<Omit<StartCommand, 'sessionId' | 'run' | 'prompt' | 'messageId'>>
  /** How long something is waited for that has to happen, in ms. Absent: ten seconds. */
  readonly patienceMs?: number
  /** What the patience is measured by. Absent: the machine's own, whatever the transport goes by. */
  readonly clock?: Clock
}
