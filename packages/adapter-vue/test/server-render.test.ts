import { createSSRApp } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { serverRenderTests } from '../../../test/server-render-tests.ts'
import App from './fixtures/App.vue'
import Views from './fixtures/Views.vue'

serverRenderTests(
  (props) => renderToString(createSSRApp(App, { ...props })),
  (props) => renderToString(createSSRApp(Views, { ...props })),
)
