/**
 * Text of a float as Python's repr() and json write it.
 *
 * The shortest digits that read back the same, positional for 1e-4 <= |x| < 1e16 and with ".0" where
 * there is no fraction, else scientific with a sign and two exponent digits at least:
 * 1.0, 0.0001, 1e-05, 1e+16, 1.5e-07, 1e+100, -0.0. JavaScript finds the same digits but switches at
 * 1e-7 and 1e21.
 */

/** repr(float): also "nan", "inf" and "-inf". */
export function pyFloatText(n: number): string {
  if (Number.isNaN(n)) return "nan";
  if (n === Infinity) return "inf";
  if (n === -Infinity) return "-inf";
  if (n === 0) return Object.is(n, -0) ? "-0.0" : "0.0";
  const size = Math.abs(n);
  if (size >= 1e-4 && size < 1e16) {
    const text = String(n);
    return Number.isInteger(n) ? `${text}.0` : text;
  }
  const [digits = "", exponent = ""] = n.toExponential().split("e");
  const power = exponent.slice(1);
  return `${digits}e${exponent[0]}${power.length < 2 ? "0" : ""}${power}`;
}

/** As json.dumps writes it: NaN, Infinity, -Infinity, which JSON itself does not have. */
export function jsonFloatText(n: number): string {
  if (Number.isNaN(n)) return "NaN";
  if (n === Infinity) return "Infinity";
  if (n === -Infinity) return "-Infinity";
  return pyFloatText(n);
}
