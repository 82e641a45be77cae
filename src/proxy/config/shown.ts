// A configuration for people: every setting as it could be written, and where it came from. Pure.
//
// Invariant: what is shown of a setting is what its form says, and no setting of a proxy is a secret: the keys that states
// are encrypted with are no setting, and not shown.

import type { Form } from './form.ts'
import { limitValues } from './limit-settings.ts'
import { DEFAULTS, type ProxyConfig } from './proxy-config.ts'
import { type Given, SETTING_KEYS, type SettingKey, SETTINGS } from './settings.ts'

/** A setting as it counts. */
export interface Shown {
  readonly key: SettingKey
  readonly value: string
  /** `--port`, `PROXY_HTTP_PORT`, the path of the file, or `default`. */
  readonly from: string
}

/** @param from where those came from that somebody gave. */
export function shownOf(
  config: ProxyConfig,
  from: (key: SettingKey) => string | undefined,
): readonly Shown[] {
  const values = valuesOf(config)
  const hidden = hiddenBy(config)
  // Of limits only what somebody has set: hardly anybody sets one.
  const isUsual = (key: SettingKey): boolean => key.startsWith('limits.') && from(key) === undefined
  return SETTING_KEYS.filter((key) => !hidden.includes(key) && !isUsual(key)).map((key) => ({
    key,
    value: textOf(key, values[key]) ?? usualText(key),
    from: from(key) ?? 'default',
  }))
}

/** What a setting is when nobody gives it. */
export function usualText(key: SettingKey): string {
  return SETTINGS[key].usually ?? textOf(key, valuesOf(DEFAULTS)[key]) ?? 'none'
}

/** Those that have no meaning beside the others. */
function hiddenBy({ cluster, durability, listen }: ProxyConfig): readonly SettingKey[] {
  return [
    ...('socket' in listen
      ? (['listen.host', 'listen.port', 'listen.allowedHosts'] as const)
      : (['listen.socket'] as const)),
    ...(cluster === null
      ? SETTING_KEYS.filter((key) => key.startsWith('cluster.') && key !== 'cluster.url')
      : []),
    ...(durability === 'turn' ? (['snapshotInterval'] as const) : []),
  ]
}

/** Undefined: there is none. */
function textOf(key: SettingKey, value: unknown): string | undefined {
  const form: Form<unknown> = SETTINGS[key].form
  return value === undefined ? undefined : form.show(value)
}

function valuesOf(config: ProxyConfig): Given {
  const { hosts, listen, userFunction } = config
  return {
    system: config.system,
    appName: config.appName,
    ...('socket' in listen
      ? { 'listen.socket': listen.socket }
      : {
          'listen.host': listen.host,
          'listen.port': listen.port,
          'listen.allowedHosts': listen.allowedHosts,
        }),
    ...(userFunction.host === null ? {} : { 'userFunction.host': userFunction.host }),
    'userFunction.port': userFunction.port,
    store: config.store,
    ...clusterValues(config),
    durability: config.durability,
    snapshotInterval: config.snapshotTimeoutMs,
    historyRevisions: config.historyRevisions,
    historyDuration: config.historyDurationMs,
    'hosts.whenNone': hosts.whenNone,
    'hosts.concurrency': hosts.concurrency,
    'hosts.queue': hosts.queue,
    'hosts.timeout': hosts.timeoutMs,
    'hosts.connectTimeout': hosts.connectTimeoutMs,
    'hosts.probeEvery': hosts.probeEveryMs,
    ...limitValues(config.limits),
    bodyLimit: config.bodyBytes,
    drain: config.drainMs,
    metrics: config.metrics,
    logLevel: config.logLevel,
    ...(config.module === null ? {} : { module: config.module }),
  }
}

function clusterValues({ cluster }: ProxyConfig): Given {
  if (cluster === null) return {}
  const { capacity, labels, leaseMs, name, nats, node, zone } = cluster
  return {
    'cluster.url': nats,
    ...(name !== null && { 'cluster.name': name }),
    ...(node !== null && { 'cluster.node': node }),
    ...(zone !== null && { 'cluster.zone': zone }),
    ...(Object.keys(labels).length > 0 && { 'cluster.labels': labels }),
    'cluster.capacity': capacity,
    'cluster.lease': leaseMs,
  }
}
