// What `start` and `dev` take: the same, because `dev` is `start` in a process of its own.

import type { Argument } from '../command.ts'
import { choice, duration, text, whole, wholeOr } from '../option.ts'
import { LOG_LEVELS } from '../../proxy/config/proxy-config.ts'
import { MOST_WORKERS } from '../../sdk/workers-setting.ts'

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
  cluster: text(
    'url',
    "The NATS servers that carry its cluster; default $PROXY_CLUSTER, the module's, or none: it is alone",
  ),
  'cluster-name': text('name', 'Members of one name are one cluster; default the name of the system'),
  node: text('name', 'What this place in the cluster is called; default the host name'),
  zone: text('name', 'Where it is, for actors that are placed by zone'),
  labels: text('name=text,…', 'What it has, for actors that are placed by labels'),
  capacity: whole('count', 'How many actors it takes beside others; default 1', { least: 1, most: 1_000 }),
  lease: duration('How long a member that is not heard of may go on serving; default 6s', {
    least: 300,
    most: 600_000,
  }),
  'log-level': choice(LOG_LEVELS, 'The least that is logged; default info'),
} as const

/** `dev` has none: it is one process, whatever the module says. */
export const START_OPTIONS = {
  ...SERVE_OPTIONS,
  workers: wholeOr(
    'auto',
    'count',
    "Processes that serve; auto: one on each core; default: the module's, else 1",
    {
      least: 1,
      most: MOST_WORKERS,
    },
  ),
} as const
