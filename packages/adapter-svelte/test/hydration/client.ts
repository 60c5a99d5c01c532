import { hydrate } from 'svelte'
import { createPageStore } from '../../../../test/rendered-store.ts'
import App from '../fixtures/App.svelte'

const target = document.querySelector('#app')
if (target === null) throw new Error('The page has no place for the app.')
const { store, tell, subscribed } = createPageStore()
const rendered = target.querySelector('[data-part=row]')
// Without `recover`, what does not fit throws.
hydrate(App, { target, props: { store, projectId: 'one', ran: (_, shown) => shown }, recover: false })
Object.assign(globalThis, { store, tell, subscribed, rendered, hydrated: true })
