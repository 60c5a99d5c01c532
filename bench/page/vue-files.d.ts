// `.vue` files are read by Vue's own checker alone; to the rest each is a component.
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent<Record<string, unknown>>
  export default component
}
