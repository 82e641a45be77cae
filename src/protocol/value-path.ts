// Where in a value something stands, as text for messages: `items[0].price`. It names keys, never values.

const PLAIN_KEY = /^[\p{ID_Start}$_][\p{ID_Continue}$-]*$/u
const KEY_CHARS = 64
const SEGMENTS = 16

/** Empty text for the value itself. Long keys and paths are cut and end in `…`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = ''
  for (const key of path.slice(0, SEGMENTS)) {
    if (typeof key === 'number') text += `[${key}]`
    else if (typeof key === 'symbol') text += `[${key.toString()}]`
    else if (PLAIN_KEY.test(key)) text += text === '' ? shortened(key) : `.${shortened(key)}`
    else text += `[${JSON.stringify(shortened(key))}]`
  }
  return path.length > SEGMENTS ? `${text}…` : text
}

function shortened(key: string): string {
  return key.length > KEY_CHARS ? `${key.slice(0, KEY_CHARS)}…` : key
}
