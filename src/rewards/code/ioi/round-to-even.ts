/** A number up to 1 to so many decimal places (20 at most) as Python's `round`: by its exact value, a tie to the even digit. */
export function roundToEven(value: number, places: number): number {
  const rounded = Number(value.toFixed(places));
  const digits = value.toFixed(100).split(".")[1]!;
  const tie = /^50*$/.test(digits.slice(places));
  const last = Number(places === 0 ? Math.floor(value) % 10 : digits[places - 1]);
  return tie && last % 2 === 0 ? Number(value.toFixed(100).slice(0, -(100 - places))) : rounded;
}
