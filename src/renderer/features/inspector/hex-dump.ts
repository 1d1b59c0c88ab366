/**
 * Bytes in lines of eight: offset, hex, and ASCII with a dot for the rest.
 * `789c5d` gives `0000  78 9c 5d                  x·]`.
 */
export function hexDump(hex: string): string {
  const lines: string[] = [];
  for (let at = 0; at < hex.length; at += 16) {
    const bytes = hex.slice(at, at + 16).match(/../g) ?? [];
    const chars = bytes.map((byte) => {
      const code = Number.parseInt(byte, 16);
      return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : "·";
    });
    const offset = (at / 2).toString(16).padStart(4, "0");
    lines.push(`${offset}  ${bytes.join(" ").padEnd(23)}   ${chars.join("")}`);
  }
  return lines.join("\n");
}
