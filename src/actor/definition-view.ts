// A definition as people are shown it. Pure.

import type { ActionDefinition, ActionView, Definition, DefinitionView } from '../ports/index.ts'
import { placementOf } from './away/placement.ts'

export function definitionView(definition: Definition): DefinitionView {
  const { actions, channels, erasable = false, facts = null, initAction, state } = definition
  const { durability, history, idleTimeoutMs, kind, mailboxLimit, name, pool, reentrancy, stateful, tags } =
    definition
  return {
    name,
    kind,
    actions: [...actions.values()].map(actionView),
    initAction: initAction?.name ?? null,
    channels: [...channels].map(([channel, action]) => ({ channel, action })),
    stateful,
    durability,
    version: state?.version ?? null,
    history,
    facts,
    erasable,
    tags,
    idleTimeoutMs,
    mailboxLimit,
    reentrancy,
    pool,
    placement: placementOf(definition),
  }
}

function actionView({ name, query, timeoutMs, timerMs }: ActionDefinition): ActionView {
  return { name, query, timeoutMs, timerMs }
}
