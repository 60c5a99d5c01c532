/** Where defaults of starts and of retention come from: flat text settings, as the host keeps them. */
export interface SettingsSource {
  getAll(): Promise<Record<string, string>>
}
