// What the line of `start`, and the environment, say of the cluster; what they leave open is the module's to say.

import { SETTINGS } from '../../proxy/config/settings.ts'
import type { ClusterSettings } from '../../sdk/index.ts'
import { usageFailure } from '../failure.ts'

/** What is undefined is the module's to say. */
export type ClusterLine = Omit<ClusterSettings, 'url'> & { readonly url: string | undefined }

/** What a line and its surroundings say of the cluster. */
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
  const url = options.cluster ?? env[SETTINGS['cluster.url'].variable]
  return {
    url: url === '' ? undefined : url,
    name: options['cluster-name'],
    node,
    zone,
    labels: labels === undefined ? undefined : labelsIn(labels),
    capacity,
    lease,
  }
}

function labelsIn(text: string): Readonly<Record<string, string>> {
  const reading = SETTINGS['cluster.labels'].form.fromText(text)
  if ('value' in reading) return reading.value
  throw usageFailure(`--labels ${reading.problem}`)
}
