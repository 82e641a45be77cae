// The numbers that stand in the tables for families (system and parent) and for type URLs. Decides them on first use;
// they are never given back. Invariant: what it remembers stands in the file, so a transaction that is rolled back takes
// its numbers out of here too (`settle`).

import type { StatementSync } from 'node:sqlite'
import { hashOf, SpawnError } from '../../base/index.ts'
import type { Database } from './database.ts'
import type { FamilyName } from '../frames/frame.ts'

export interface Family extends FamilyName {
  /** Null: not stored yet. */
  id: number | null
  /** See familyHash. */
  readonly hash: number
}

export class Dictionary {
  readonly #families = new Map<string, Map<string, Family>>()
  /** Those that are stored. */
  readonly #numbered = new Map<number, Family>()
  readonly #types = new Map<string, number>()
  readonly #urls = new Map<number, string>()
  #unsettled: (() => void)[] = []
  /** Asked for last: commits of a frame share the object that names their family. */
  #lastName: FamilyName | null = null
  #lastFamily: Family | undefined
  readonly #file: string
  readonly #addFamily: StatementSync
  readonly #addType: StatementSync

  constructor(database: Database) {
    this.#file = database.file
    this.#addFamily = database.prepare('INSERT INTO families (system, parent) VALUES (?, ?) RETURNING id')
    this.#addType = database.prepare('INSERT INTO types (url) VALUES (?) RETURNING id')
    for (const [id, system, parent] of fields(
      database.prepare('SELECT id, system, parent FROM families').all(),
    )) {
      const family = this.family({ system: String(system), parent: String(parent) })
      family.id = Number(id)
      this.#numbered.set(family.id, family)
    }
    for (const [id, url] of fields(database.prepare('SELECT id, url FROM types').all())) {
      this.#types.set(String(url), Number(id))
      this.#urls.set(Number(id), String(url))
    }
  }

  /** The one object for this family, known or new. Only for families that are about to be stored. */
  family(name: FamilyName): Family {
    if (name === this.#lastName && this.#lastFamily !== undefined) return this.#lastFamily
    const { system, parent } = name
    let parents = this.#families.get(system)
    if (parents === undefined) this.#families.set(system, (parents = new Map<string, Family>()))
    let family = parents.get(parent)
    if (family === undefined)
      parents.set(parent, (family = { system, parent, id: null, hash: familyHash({ system, parent }) }))
    this.#lastName = name
    this.#lastFamily = family
    return family
  }

  find({ system, parent }: FamilyName): Family | undefined {
    return this.#families.get(system)?.get(parent)
  }

  systems(): string[] {
    return [...this.#families.keys()]
  }

  /** The family that has a number in the tables. */
  familyAt(id: number): Family {
    const family = this.#numbered.get(id)
    if (family !== undefined) return family
    const message = `the store file ${this.#file} names a family ${id} that it does not have: restore a backup`
    throw new SpawnError('STATE_UNREADABLE', message)
  }

  ofSystem(system: string): Family[] {
    return [...(this.#families.get(system)?.values() ?? [])]
  }

  /** The family's number, given now if it has none. Within a transaction only. */
  familyId(family: Family): number {
    if (family.id !== null) return family.id
    family.id = Number(fields([this.#addFamily.get(family.system, family.parent)])[0]?.[0])
    const { id } = family
    this.#numbered.set(id, family)
    this.#unsettled.push(() => {
      this.#numbered.delete(id)
      family.id = null
    })
    return id
  }

  /** Likewise for a type URL. */
  typeId(url: string): number {
    const known = this.#types.get(url)
    if (known !== undefined) return known
    const id = Number(fields([this.#addType.get(url)])[0]?.[0])
    this.#types.set(url, id)
    this.#urls.set(id, url)
    this.#unsettled.push(() => {
      this.#types.delete(url)
      this.#urls.delete(id)
    })
    return id
  }

  typeUrl(id: number): string {
    const url = this.#urls.get(id)
    if (url !== undefined) return url
    const message = `the store file ${this.#file} names a state type ${id} that it does not have: restore a backup`
    throw new SpawnError('STATE_UNREADABLE', message)
  }

  /** The transaction in which numbers were given has ended. */
  settle(committed: boolean): void {
    if (!committed) for (const undo of this.#unsettled) undo()
    this.#unsettled = []
  }
}

/** It stands in the file, in the hashes of what is kept of actors. */
export function familyHash({ parent, system }: FamilyName): number {
  return hashOf(`${system}\0${parent}`)
}

/** Rows as the arrays that a Database's statements return; node:sqlite's types only know the objects. */
export function fields(rows: readonly unknown[]): SQLField[][] {
  return rows as SQLField[][]
}

export type SQLField = null | number | bigint | string | Uint8Array
