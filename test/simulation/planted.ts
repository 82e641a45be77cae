// How a bug is planted in something that works: the same object with some of its methods replaced.

import type { Commit, Statestore } from '../../src/ports/index.ts'

/** The same object with some methods of another. */
export function replaced<T extends object>(original: T, methods: Partial<T>): T {
  return new Proxy(original, {
    get(target, name) {
      const value: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name, target)
      const bound: unknown = typeof value === 'function' ? value.bind(target) : value
      return bound
    },
  })
}

export function withCommit(store: Statestore, commit: Statestore['commit']): Statestore {
  return replaced(store, { commit })
}

/** A commit is read through its getters: spread, it would lose them. */
export function changed(commit: Commit, changes: Partial<Commit>): Commit {
  const { birth, committedAtMs, epoch, follows, history, id, revision } = commit
  const { occasions, outcomes, sends, state, tags, takes } = commit
  const actor = { birth, committedAtMs, epoch, follows, history, id, revision, state, tags }
  return { ...actor, occasions, outcomes, sends, takes, ...changes }
}
