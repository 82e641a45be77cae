// What `spawn proxy` takes: its settings as options, from the table that the configuration is read by. Their texts are
// read there, too, so that every mistake is told at once, wherever it stands.

import { SETTING_KEYS, type SettingKey, SETTINGS } from '../../proxy/config/settings.ts'
import { usualText } from '../../proxy/config/shown.ts'
import { flag, type Option, text } from '../option.ts'

type TextOption = Option<string | undefined>

export const PROXY_OPTIONS = {
  config: text('file', 'A JSON file with settings; default: the one that PROXY_CONFIG names, if any'),
  check: flag('Show the configuration that counts, or what is wrong with it, and stop'),
  ...settingOptions(),
}

/** All but the module, which is an argument. */
function settingOptions(): Readonly<Record<string, TextOption>> {
  const keys = SETTING_KEYS.filter((key) => key !== 'module')
  return Object.fromEntries(keys.map((key) => [SETTINGS[key].flag, optionOf(key)]))
}

function optionOf(key: SettingKey): TextOption {
  const { form, help, short } = SETTINGS[key]
  return text(form.placeholder, `${help}; default ${usualText(key)}`, short)
}
