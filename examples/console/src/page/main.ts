import { mount } from 'svelte'
import './app.css'
import App from './App.svelte'
import { takeLaunchToken } from './launch-token.ts'

const target = document.getElementById('app')
if (target === null) throw new Error('The page has no place for the app.')

mount(App, { target, props: { token: takeLaunchToken() } })

// The address of a new launch, pasted into this tab: only what follows # changes, and the browser keeps the page.
addEventListener('hashchange', () => {
  if (location.hash.startsWith('#token=')) location.reload()
})
