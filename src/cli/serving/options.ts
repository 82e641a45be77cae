// What `start` and `dev` take: the same, because `dev` is `start` in a process of its own.

import type { Argument } from '../command.ts'
import { choice, text, whole } from '../option.ts'
import { LOG_LEVELS } from '../../proxy/config/proxy-config.ts'

export const SERVE_ARGUMENTS: readonly Argument[] = [
  { name: 'module', help: 'the TypeScript or JavaScript file that exports your actors, or a system' },
]

export const SERVE_OPTIONS = {
  port: whole('port', "The port; 0: any that is free; default: the module's, else 9001", {
    least: 0,
    most: 65_535,
  }),
  host: text('host', "The address to listen on; default: the module's, else 127.0.0.1"),
  store: text(
    'url',
    "Where states are kept; default $PROXY_STORE, the module's, or a file named after the system",
  ),
  system: text(
    'name',
    'The name of the system, when the module exports actors alone; default my-system',
    's',
  ),
  'log-level': choice(LOG_LEVELS, 'The least that is logged; default info'),
} as const
