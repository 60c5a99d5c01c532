import type { AgentSetting, Login } from '@agent-session/core'
import { type EventBody, field, textField } from '@agent-session/core/transport'
import { type Introduction, readIntroduction } from './agent-introduction.ts'
import { readAgentSettings } from './agent-settings.ts'
import { readCommands, readModeOption, readSettings, type SessionSettings } from './session-settings.ts'

/** What is known of a session and its agent beside what is said: who it is, who is logged in, how it is set. */
export class SessionFacts {
  #agent: Introduction = readIntroduction(undefined)
  #login: Login | undefined
  #settings: SessionSettings = {}
  #options: readonly AgentSetting[] = []

  /** As the agent said when it was greeted. */
  get agent(): Introduction {
    return this.#agent
  }

  /** Mode and model: what they are, and how they are set. */
  get settings(): SessionSettings {
    return this.#settings
  }

  /** What can be set beside them. */
  get options(): readonly AgentSetting[] {
    return this.#options
  }

  introduced(result: unknown): EventBody[] {
    this.#agent = readIntroduction(result)
    return [{ type: 'session', abilities: this.#agent.abilities }]
  }

  /** Who is logged in. Told when it is news. */
  loginIs(news: Pick<Login, 'state' | 'account'>): EventBody[] {
    const login = { ...news, methods: this.#agent.methods }
    if (JSON.stringify(login) === JSON.stringify(this.#login)) return []
    this.#login = login
    return [{ type: 'session', login }]
  }

  /** A session could be opened: nobody needs to log in any more. */
  opened(result: unknown): EventBody[] {
    const login = this.#login?.state === 'required' ? this.loginIs({ state: 'done' }) : []
    // The second version tells the commands with the session itself.
    const commands: EventBody[] = Array.isArray(field(result, 'availableCommands')) ? [{ type: 'session', commands: readCommands(result) }] : []
    return [...login, ...this.note(result), ...commands]
  }

  modeIs(current: string | undefined): EventBody[] {
    if (current === undefined) return []
    this.#settings = { ...this.#settings, mode: { choices: [], ...this.#settings.mode, current } }
    return [{ type: 'session', mode: current }]
  }

  modelIs(current: string | undefined): EventBody[] {
    if (current === undefined) return []
    this.#settings = { ...this.#settings, model: { choices: [], ...this.#settings.model, current } }
    return [{ type: 'session', model: current }]
  }

  /** An option was set. The answer has all of them as they are now; one that leaves them out has set what was asked. */
  optionIs(params: unknown, result: unknown): EventBody[] {
    const { mode, model } = readSettings(result)
    const bodies = this.note(result)
    const configId = textField(params, 'configId')
    if (configId === undefined) return bodies
    if (mode === undefined && configId === this.#settings.mode?.configId) bodies.push(...this.modeIs(textField(params, 'value')))
    if (model === undefined && configId === this.#settings.model?.configId) bodies.push(...this.modelIs(textField(params, 'value')))
    const value = field(params, 'value')
    const isTold = readAgentSettings(result)?.some(({ id }) => id === configId) === true
    if (isTold || (typeof value !== 'string' && typeof value !== 'boolean') || !this.#options.some(({ id }) => id === configId)) return bodies
    return [...bodies, ...this.#optionsAre(this.#options.map((option) => (option.id === configId ? { ...option, value } : option)))]
  }

  /** Whatever carries settings, a result or an update: what is not in it stays as it is. */
  note(source: unknown): EventBody[] {
    const options = readAgentSettings(source)
    const isNews = options !== undefined && JSON.stringify(options) !== JSON.stringify(this.#options)
    return [...(isNews ? this.#optionsAre(options) : []), ...this.#noteMode(source), ...this.#noteModel(source)]
  }

  #optionsAre(settings: readonly AgentSetting[]): EventBody[] {
    this.#options = settings
    return [{ type: 'session', settings }]
  }

  #noteMode(source: unknown): EventBody[] {
    const { mode } = readSettings(source)
    const hasOwnMethod = this.#settings.mode !== undefined && this.#settings.mode.configId === undefined
    const modeNow = hasOwnMethod ? readModeOption(source) : undefined
    if (field(source, 'modes') == null && modeNow !== undefined) return this.modeIs(modeNow)
    if (mode === undefined) return []
    this.#settings = { ...this.#settings, mode }
    return [{ type: 'session', modes: mode.choices, ...(mode.current !== undefined && { mode: mode.current }) }]
  }

  #noteModel(source: unknown): EventBody[] {
    const { model } = readSettings(source)
    if (model === undefined) return []
    this.#settings = { ...this.#settings, model }
    // "default" names no model: which one it is comes with the usage.
    const named = model.current !== undefined && model.current !== 'default' ? { model: model.current } : {}
    return [{ type: 'session', models: model.choices, ...named }]
  }
}
