// What the line of `start`, and the environment, say of the cluster; what they leave open is the module's to say.

import { SETTINGS } from '../../proxy/config/settings.ts'
import type { ClusterSettings } from '../../sdk/index.ts'
import { usageFailure } from '../failure.ts'

/** What is undefined is the module's to say. */
export type ClusterLine = Omit<ClusterSettings, 'url'> & { readonly url: string | undefined }

/** What a line and its surroundings say of the cluster. @throws Failure USAGE for what cannot be meant. */
export function clusterOnLine(
  options: {
    readonly cluster: string | undefined
    readonly 'cluster-name': string | undefined
    readonly node: string | undefined
    readonly zone: string | undefined
    readonly labels: string | undefined
    readonly capacity: number | undefined
    readonly lease: number | undefined
  },
  env: Readonly<Record<string, string | undefined>>,
): ClusterLine {
  const { capacity, labels, lease, node, zone } = options
  return {
    url: urlOf(options.cluster, env),
    name: options['cluster-name'],
    node,
    zone,
    labels: labels === undefined ? undefined : labelsIn(labels),
    capacity,
    lease,
  }
}

function urlOf(
  onLine: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const { form, variable } = SETTINGS['cluster.url']
  const url = onLine ?? env[variable]
  if (url === undefined || url === '') return undefined
  const reading = form.fromText(url)
  if ('value' in reading) return url
  throw usageFailure(`${onLine === undefined ? variable : '--cluster'} ${reading.problem}`)
}

function labelsIn(text: string): Readonly<Record<string, string>> {
  const reading = SETTINGS['cluster.labels'].form.fromText(text)
  if ('value' in reading) return reading.value
  throw usageFailure(`--labels ${reading.problem}`)
}
