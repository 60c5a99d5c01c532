import { createSSRApp } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { answerRequest, type Rendered } from '../../../../test/rendered-store.ts'
import { type PageProps } from '../../../../test/adapter-scenarios.ts'
import App from '../fixtures/App.vue'

const ran: PageProps['ran'] = (_, shown) => shown

export const render = (prompt: string): Promise<Rendered> =>
  answerRequest(prompt, (store) => renderToString(createSSRApp(App, { store, projectId: 'one', ran })))
