// The settings of a proxy: for each its key in a file, its flag, its variable and its form. The help, the reading and the
// documentation all go by this table.

import {
  choice,
  cluster,
  type Form,
  hostNames,
  labels,
  name,
  onOff,
  size,
  span,
  store,
  text,
  whole,
} from './form.ts'
import { LIMIT_SETTINGS } from './limit-settings.ts'
import { LOG_LEVELS } from './proxy-config.ts'

export interface Setting<T> {
  /** `--<flag>`; the module is an argument instead. */
  readonly flag: string
  readonly short?: string
  readonly variable: string
  /** The variable says the opposite of the setting. */
  readonly opposite?: true
  readonly form: Form<T>
  /** What it decides, without its default. */
  readonly help: string
  /** The default where it depends on other settings. */
  readonly usually?: string
}

const PORT = { least: 0, most: 65_535 }
const COUNT = { least: 1, most: 1_000_000 }
/** The longest that timers take is 24 days; a day is enough for anything here. */
const SPAN = { least: 1, most: 86_400_000 }
const TEN_YEARS_MS = 315_576_000_000

/** By the key in a file, in the order of the documentation. */
export const SETTINGS = {
  system: setting({
    flag: 'system',
    short: 's',
    variable: 'PROXY_ACTOR_SYSTEM_NAME',
    form: name('system'),
    help: 'The system that is there before a host registers',
  }),
  appName: setting({
    flag: 'app-name',
    variable: 'PROXY_APP_NAME',
    form: name('app name'),
    help: 'What the proxy calls itself to hosts',
  }),
  'listen.host': setting({
    flag: 'host',
    variable: 'PROXY_HTTP_HOST',
    form: text('address'),
    help: 'The address to listen on; 0.0.0.0 lets other machines in',
  }),
  'listen.port': setting({
    flag: 'port',
    variable: 'PROXY_HTTP_PORT',
    form: whole('port', PORT),
    help: 'The port to listen on; 0: any that is free',
  }),
  'listen.allowedHosts': setting({
    flag: 'allowed-hosts',
    variable: 'PROXY_HTTP_ALLOWED_HOSTS',
    form: hostNames,
    help: 'Other names that a loopback address answers to',
  }),
  'listen.socket': setting({
    flag: 'socket',
    variable: 'PROXY_UDS_ADDRESS',
    form: text('path'),
    help: 'A Unix socket to listen on, instead of a port',
    usually: 'none',
  }),
  'userFunction.host': setting({
    flag: 'user-function-host',
    variable: 'USER_FUNCTION_HOST',
    form: text('address'),
    help: 'Where the actions of hosts are answered',
    usually: 'the address that registers',
  }),
  'userFunction.port': setting({
    flag: 'user-function-port',
    variable: 'USER_FUNCTION_PORT',
    form: whole('port', { least: 1, most: PORT.most }),
    help: 'The port there; 8091 for hosts in Python and Java',
  }),
  store: setting({
    flag: 'store',
    variable: 'PROXY_STORE',
    form: store,
    help: 'Where states are kept',
    usually: 'sqlite:<system>.db',
  }),
  'cluster.url': setting({
    flag: 'cluster',
    variable: 'PROXY_CLUSTER',
    form: cluster,
    help: 'The NATS servers that carry the cluster which this proxy is a member of',
    usually: 'none',
  }),
  'cluster.name': setting({
    flag: 'cluster-name',
    variable: 'PROXY_CLUSTER_NAME',
    form: name('cluster'),
    help: 'Members of one name are one cluster',
    usually: 'the system',
  }),
  'cluster.node': setting({
    flag: 'node',
    variable: 'PROXY_CLUSTER_NODE',
    form: name('node'),
    help: 'What this place in the cluster is called',
    usually: 'the host name',
  }),
  'cluster.zone': setting({
    flag: 'zone',
    variable: 'PROXY_CLUSTER_ZONE',
    form: name('zone'),
    help: 'Where it is, for actors that are placed by zone',
    usually: 'none',
  }),
  'cluster.labels': setting({
    flag: 'labels',
    variable: 'PROXY_CLUSTER_LABELS',
    form: labels,
    help: 'What it has, for actors that are placed by labels',
    usually: 'none',
  }),
  'cluster.capacity': setting({
    flag: 'capacity',
    variable: 'PROXY_CLUSTER_CAPACITY',
    form: whole('count', { least: 1, most: 1_000 }),
    help: 'How many actors it takes beside others: 2 gets twice as many as 1',
    usually: '1',
  }),
  'cluster.lease': setting({
    flag: 'lease',
    variable: 'PROXY_CLUSTER_LEASE',
    form: span({ least: 300, most: 600_000 }),
    help: 'How long a member that is not heard of may go on serving, before others take over',
    usually: '6s',
  }),
  durability: setting({
    flag: 'durability',
    variable: 'PROXY_DURABILITY',
    form: choice(['turn', 'snapshot']),
    help: 'When a state is durable: before the reply, or some time later',
  }),
  snapshotInterval: setting({
    flag: 'snapshot-interval',
    variable: 'PROXY_SNAPSHOT_INTERVAL',
    form: span(SPAN),
    help: 'How often a state is written with durability snapshot, unless its host says',
  }),
  historyRevisions: setting({
    flag: 'history-revisions',
    variable: 'PROXY_HISTORY_REVISIONS',
    form: whole('count', { ...COUNT, least: 0 }),
    help: 'Revisions of its past that are kept of each actor of a host, before the latest',
  }),
  historyDuration: setting({
    flag: 'history-duration',
    variable: 'PROXY_HISTORY_DURATION',
    form: span({ least: 0, most: TEN_YEARS_MS }),
    help: 'How long each revision is kept after it was replaced; one is kept while either rule says so',
  }),
  'hosts.whenNone': setting({
    flag: 'when-no-host',
    variable: 'PROXY_HOSTS_WHEN_NONE',
    form: choice(['fail', 'wait']),
    help: 'What calls do while no host for them is there: fail at once, or wait',
  }),
  'hosts.concurrency': setting({
    flag: 'host-concurrency',
    variable: 'PROXY_HOSTS_CONCURRENCY',
    form: whole('count', COUNT),
    help: 'Actions that one host runs at once',
  }),
  'hosts.queue': setting({
    flag: 'host-queue',
    variable: 'PROXY_HOSTS_QUEUE',
    form: whole('count', COUNT),
    help: 'Actions that wait for one host beyond that',
  }),
  'hosts.timeout': setting({
    flag: 'host-timeout',
    variable: 'PROXY_HOSTS_TIMEOUT',
    form: span(SPAN),
    help: 'How long a host may take for an action; a nearer deadline of its call wins',
  }),
  'hosts.connectTimeout': setting({
    flag: 'host-connect-timeout',
    variable: 'PROXY_HOSTS_CONNECT_TIMEOUT',
    form: span({ ...SPAN, most: 60_000 }),
    help: 'How long a connection to a host may take to stand',
  }),
  'hosts.probeEvery': setting({
    flag: 'host-probe-every',
    variable: 'PROXY_HOSTS_PROBE_EVERY',
    form: span(SPAN),
    help: 'How often a host that is down is looked for',
  }),
  ...LIMIT_SETTINGS,
  bodyLimit: setting({
    flag: 'body-limit',
    variable: 'PROXY_HTTP_BODY_LIMIT',
    form: size({ least: 1_024, most: 268_435_456 }),
    help: 'The largest request that is read',
  }),
  drain: setting({
    flag: 'drain',
    variable: 'PROXY_DRAIN_TIMEOUT',
    form: span(SPAN),
    help: 'How long running actions may take to finish when the proxy stops',
  }),
  metrics: setting({
    flag: 'metrics',
    variable: 'SPAWN_DISABLE_METRICS',
    opposite: true,
    form: onOff,
    help: 'Whether GET /metrics answers',
  }),
  logLevel: setting({
    flag: 'log-level',
    variable: 'SPAWN_PROXY_LOGGER_LEVEL',
    form: choice(LOG_LEVELS, {
      notice: 'info',
      warning: 'warn',
      critical: 'error',
      alert: 'error',
      emergency: 'error',
    }),
    help: 'The least that is logged',
  }),
  module: setting({
    flag: 'module',
    variable: 'PROXY_MODULE',
    form: text('file'),
    help: 'A module whose actors run in the proxy itself',
    usually: 'none',
  }),
} as const

export type SettingKey = keyof typeof SETTINGS

type ValueOf<Key extends SettingKey> = (typeof SETTINGS)[Key] extends Setting<infer T> ? T : never

/** What was given; what is absent was not. */
export type Given = { readonly [Key in SettingKey]?: ValueOf<Key> }

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the constant above
export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[]

function setting<T>(declared: Setting<T>): Setting<T> {
  return declared
}
