const currencySigns = "$€£¥";

/** Sign and currency sign in either order. Every repetition starts with a character of its own: linear time. */
const prefix = /^(?:[-+]\s*)?(?:\\?[$€£¥]\s*)?(?:[-+]\s*)?/;

/**
 * The canonical decimal of a written number, or undefined for any other text: no thousands separators (comma or space),
 * leading zeros, trailing zeros or point, plus sign, currency sign or white space; `-0` is `0`. Exact at any length.
 */
export function normalizeNumber(text: string): string | undefined {
  let rest = text.trim().replaceAll("−", "-");
  if (rest.length > 1 && currencySigns.includes(rest.at(-1)!)) {
    rest = rest.slice(0, rest.at(-2) === "\\" ? -2 : -1).trimEnd();
  }
  const [signs] = prefix.exec(rest)!;
  if (signs.replaceAll(/[^-+]/g, "").length > 1) {
    return undefined;
  }
  const parts = rest.slice(signs.length).split(".");
  if (parts.length > 2) {
    return undefined;
  }
  const whole = ungrouped(parts[0]!);
  const fraction = parts[1] ?? "";
  if (whole === undefined || !/^[0-9]*$/.test(fraction) || whole + fraction === "") {
    return undefined;
  }
  const magnitude = withoutOuterZeros(whole, fraction);
  return signs.includes("-") && magnitude !== "0" ? `-${magnitude}` : magnitude;
}

function ungrouped(digits: string): string | undefined {
  if (/^[0-9]*$/.test(digits)) {
    return digits;
  }
  return /^[0-9]{1,3}(?:,[0-9]{3})+$/.test(digits) || /^[0-9]{1,3}(?:\s[0-9]{3})+$/.test(digits)
    ? digits.replaceAll(/[,\s]/g, "")
    : undefined;
}

function withoutOuterZeros(whole: string, fraction: string): string {
  let end = fraction.length;
  while (end > 0 && fraction[end - 1] === "0") {
    end--;
  }
  const integer = whole.replace(/^0+/, "") || "0";
  return end === 0 ? integer : `${integer}.${fraction.slice(0, end)}`;
}
