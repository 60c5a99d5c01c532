/** Where defaults of starts and of retention come from: flat text settings, as the host keeps them. */
export interface SettingsSource {
  /** All settings as text by their name. What it rejects with, or does not answer in `settingsTimeoutMs`, is passed over with a warning. */
  getAll(): Promise<Record<string, string>>
}
