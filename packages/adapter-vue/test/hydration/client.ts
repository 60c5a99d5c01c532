import { createSSRApp } from 'vue'
import type { PageProps } from '../../../../test/adapter-scenarios.ts'
import { createPageStore } from '../../../../test/rendered-store.ts'
import App from '../fixtures/App.vue'

const ran: PageProps['ran'] = (_, shown) => shown
const { store, tell, subscribed } = createPageStore()
const rendered = document.querySelector('[data-part=row]')
createSSRApp(App, { store, projectId: 'one', ran }).mount('#app')
Object.assign(globalThis, { store, tell, subscribed, rendered, hydrated: true })
