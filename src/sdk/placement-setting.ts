// The `placement` setting of a definition: on which members of a cluster its actors may live.

import type { Placement, Tags } from '../ports/index.ts'
import { Settings, shown } from './settings.ts'

/**
 * `hash`: any member that hosts the definition, by the actor's name. `local`: the member where the call is made. Else one of
 * those in a zone, or with all of some labels.
 */
export type PlacementSetting = 'hash' | 'local' | { readonly zone: string } | { readonly labels: Tags }

const FORMS = "must be 'hash', 'local', { zone } or { labels }"

/** Undefined: it is not given. */
export function placementOf(settings: Settings, stateful: boolean): Placement | undefined {
  const given = settings.raw('placement')
  if (given === undefined) return undefined
  if (given === 'hash') return { by: 'hash' }
  if (given === 'local') {
    if (!stateful) return { by: 'local' }
    const advice = 'an actor with a state that is stored lives on one member at a time'
    throw settings.fault('placement', `cannot be 'local' when stateful is true: ${advice}`)
  }
  if (typeof given !== 'object') throw settings.fault('placement', `${FORMS}, not ${shown(given)}`)
  const placement = new Settings(`${settings.subject} placement`, given, ['zone', 'labels'])
  if (placement.has('zone') === placement.has('labels')) {
    throw settings.fault(
      'placement',
      `${FORMS}: one of zone and labels, not ${placement.has('zone') ? 'both' : 'none'}`,
    )
  }
  return placement.has('zone')
    ? { by: 'zone', zone: zoneOf(placement) }
    : { by: 'labels', labels: labelsOf(placement) }
}

function zoneOf(placement: Settings): string {
  const zone = placement.raw('zone')
  if (typeof zone === 'string' && zone !== '') return zone
  throw placement.fault('zone', `must be the name of a zone, a text that is not empty, not ${shown(zone)}`)
}

function labelsOf(placement: Settings): Tags {
  const labels = placement.entries('labels')
  if (Object.keys(labels).length > 0) return labels
  throw placement.fault('labels', 'must have a label; without any, every member has all of them')
}
