import type { Login } from '@agent-session/core'
import { type EventBody, field, textField } from '@agent-session/core/transport'
import { loginMethods, readLogin } from './login.ts'

/** Whether somebody has to log in, as the program says it and as its runs end. */
export class LoginState {
  #isNeeded = false

  /** The account that an initialisation tells of; `undefined` where it tells none. */
  found(account: unknown): Login | undefined {
    const login = readLogin(account)
    this.#isNeeded = login?.state === 'required'
    return login
  }

  /** A log in that the program has under way, or that came to its end. */
  told(message: unknown): EventBody[] {
    if (field(message, 'isAuthenticating') !== false) return []
    return this.#news(textField(message, 'error') !== undefined)
  }

  /** Whether somebody is logged in shows by how runs end. */
  after(end: EventBody): EventBody[] {
    if (end.type !== 'status') return []
    const isNeeded = end.reason === 'login-required'
    const isNews = isNeeded || (this.#isNeeded && end.status === 'done' && end.reason !== 'stopped')
    return isNews ? this.#news(isNeeded) : []
  }

  #news(isNeeded: boolean): EventBody[] {
    this.#isNeeded = isNeeded
    return [{ type: 'session', login: { state: isNeeded ? 'required' : 'done', methods: loginMethods } }]
  }
}
