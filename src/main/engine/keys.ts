/**
 * Session keys: 32 characters of a-z and 0-9 from a secure source. An incoming key is believed when it has at
 * least eight characters, whatever they are (Django 1.9 and later); the file engine alone looks at them.
 */

export const keyAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
export const keyLength = 32;

/**
 * A fresh key from `randomBytes(n)`. Bytes of 252 and above are thrown away: 252 is the largest multiple of 36
 * that fits a byte, and a remainder of all 256 would favour the first four letters.
 */
export function generateKey(randomBytes: (count: number) => Uint8Array): string {
  let key = "";
  while (key.length < keyLength)
    for (const byte of randomBytes(keyLength))
      if (byte < 252 && key.length < keyLength) key += keyAlphabet[byte % 36];
  return key;
}

/** The key as the engine keeps it: null unless it has eight characters (code points, as Python counts). */
export const acceptedKey = (key: string | null | undefined): string | null =>
  key && [...key].length >= 8 ? key : null;

/** The file engine's rule, asked before any file is touched: nothing but the alphabet, so no path can escape. */
export const isFileKey = (key: string): boolean => /^[a-z0-9]*$/.test(key);
