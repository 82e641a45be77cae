// The type of a state as handlers see it: the same data, with nothing in it that can be assigned.

type Untouched =
  | string
  | number
  | boolean
  | bigint
  | symbol
  | null
  | undefined
  | Date
  | ArrayBuffer
  | ArrayBufferView
  | ((...args: never) => unknown)

/** `T` with every property, array, map and set in it read-only, at any depth. */
export type DeepReadonly<T> = T extends Untouched
  ? T
  : T extends ReadonlyMap<infer Key, infer Item>
    ? ReadonlyMap<Key, DeepReadonly<Item>>
    : T extends ReadonlySet<infer Item>
      ? ReadonlySet<DeepReadonly<Item>>
      : T extends object
        ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
        : T
