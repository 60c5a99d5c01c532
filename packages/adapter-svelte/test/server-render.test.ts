import { render } from 'svelte/server'
import { serverRenderTests } from '../../../test/server-render-tests.ts'
import App from './fixtures/App.svelte'
import Views from './fixtures/Views.svelte'

serverRenderTests(
  async (props) => (await render(App, { props })).body,
  async (props) => (await render(Views, { props })).body,
)
