import { render as renderSvelte } from 'svelte/server'
import { answerRequest, type Rendered } from '../../../../test/rendered-store.ts'
import App from '../fixtures/App.svelte'

export const render = (prompt: string): Promise<Rendered> =>
  answerRequest(prompt, async (store) => (await renderSvelte(App, { props: { store, projectId: 'one', ran: (_, shown) => shown } })).body)
