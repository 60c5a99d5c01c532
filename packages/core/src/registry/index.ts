export { transportRegistry, type RegistryOptions, type TransportRegistry } from './transport-registry.ts'
