/** The seconds that an answer asks to wait before the next request, from a number or a date; undefined where it asks for none. */
export function retryAfter({ headers }: Response): number | undefined {
  const text = headers.get("Retry-After")?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) {
    return Number(text);
  }
  // Of anything that has a number in it Date.parse makes a date.
  const date = /^[A-Z][a-z]+day,|^[A-Z][a-z]{2},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max((date - Date.now()) / 1000, 0);
}
