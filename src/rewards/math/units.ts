import { fraction, type Rational } from "./rational.ts";

interface Unit {
  dimension: string;
  /** How many of the dimension's base unit it is. */
  scale: Rational;
}

const scales: Readonly<Record<string, readonly [names: string, numerator: number, denominator: number][]>> = {
  length: [
    ["mm millimeter millimetre 毫米", 1, 1000],
    ["cm centimeter centimetre 厘米", 1, 100],
    ["dm decimeter decimetre", 1, 10],
    ["m meter metre 米", 1, 1],
    ["km kilometer kilometre 千米", 1000, 1],
    ["in inch inches", 254, 10000],
    ["ft foot feet", 3048, 10000],
    ["yd yard", 9144, 10000],
    ["mi mile", 1609344, 1000],
  ],
  mass: [
    ["mg milligram", 1, 1000000],
    ["g gm gram 克", 1, 1000],
    ["kg kilogram 千克", 1, 1],
    ["lb pound", 45359237, 100000000],
    ["oz ounce", 28349523125, 1000000000000],
  ],
  time: [
    ["ms millisecond", 1, 1000],
    ["s sec second 秒", 1, 1],
    ["min minute 分钟", 60, 1],
    ["h hr hour 小时", 3600, 1],
    ["day", 86400, 1],
    ["week", 604800, 1],
  ],
  money: [
    ["cent", 1, 100],
    ["dollar", 1, 1],
  ],
  volume: [
    ["ml mL milliliter millilitre", 1, 1000],
    ["l L liter litre", 1, 1],
  ],
};

const otherUnits =
  "km/h mph kmph kph degree deg rad radian unit hz khz mhz N pa kpa J kj W kw V kv A C K mol amu ev mev erg cal kcal gallon gal quart " +
  "pint cup tablespoon teaspoon acre hectare month year yr people person student point apple way rupee rs euro pounds time " +
  "digit edge side square cubic sq cu page book ticket coin item marble bead egg calorie step mole atm torr dozen 海里 度 平方米 " +
  "nautical per bushel arcsec arcsecond T F hp psi db lumen lux joule newton watt volt amp ampere ohm kelvin celsius fahrenheit pc ly";

const unitTable: ReadonlyMap<string, Unit | undefined> = new Map([
  ...otherUnits.split(" ").map((name) => [name, undefined] as const),
  ...Object.entries(scales).flatMap(([dimension, units]) =>
    units.flatMap(([names, numerator, denominator]) =>
      names
        .split(" ")
        .map(
          (name) => [name, { dimension, scale: fraction(BigInt(numerator), BigInt(denominator))! }] as const,
        ),
    ),
  ),
]);

/** The unit that a word names, in singular or plural; `undefined` where its scale is of no use. */
function lookUp(name: string): { known: boolean; unit: Unit | undefined } {
  if (unitTable.has(name)) {
    return { known: true, unit: unitTable.get(name) };
  }
  const lower = name.length > 1 ? name.toLowerCase() : name;
  const candidates = lower.endsWith("s") ? [lower, lower.slice(0, -1), lower.replace(/es$/, "")] : [lower];
  for (const candidate of candidates) {
    if (unitTable.has(candidate)) {
      return { known: true, unit: unitTable.get(candidate) };
    }
  }
  return { known: false, unit: undefined };
}

export function isUnit(name: string): boolean {
  return name !== "" && lookUp(name).known;
}

/** The unit of a whole unit text such as `cm`, `\mathrm{~cm}^{2}` or `minutes`, if its scale is known. */
export function unitOf(text: string): { dimension: string; scale: Rational } | undefined {
  const parts = /^\s*([\p{L}]+?)\s*(?:\^?\{?([1-9])\}?)?\.?$/u.exec(text);
  const unit = parts && lookUp(parts[1] ?? "").unit;
  if (!parts || !unit) {
    return undefined;
  }
  const exponent = Number(parts[2] ?? 1);
  const scale = fraction(
    unit.scale.numerator ** BigInt(exponent),
    unit.scale.denominator ** BigInt(exponent),
  );
  return scale && { dimension: `${unit.dimension}^${exponent}`, scale };
}
