// What every command that speaks to a running system lets one say: where it is and which system is meant.

import { text } from './option.ts'

export const DEFAULT_URL = 'http://127.0.0.1:9001'

export const CONNECTION_OPTIONS = {
  url: text('url', `Where the system listens; default $SPAWN_URL, else ${DEFAULT_URL}`, 'u'),
  system: text('name', 'The system; default $SPAWN_SYSTEM, else the one that the server says', 's'),
} as const
