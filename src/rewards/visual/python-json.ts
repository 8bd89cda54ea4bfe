/** JSON as Python reads it, with `NaN`, `Infinity` and `-Infinity`; undefined for any other text. */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(withoutNumbersBeyondJson(text), (_, value) => beyond(value) ?? value);
  } catch {
    return undefined;
  }
}

const marker = "number beyond JSON";
const words = { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, "-Infinity": Number.NEGATIVE_INFINITY };

function beyond(value: unknown): number | undefined {
  const word = typeof value === "object" && value !== null && (value as Record<string, unknown>)[marker];
  return typeof word === "string" && Object.hasOwn(words, word)
    ? words[word as keyof typeof words]
    : undefined;
}

/** Puts an object in the place of each of the three words outside strings. */
function withoutNumbersBeyondJson(text: string): string {
  if (!/NaN|Infinity/.test(text)) {
    return text;
  }
  let result = "";
  let copied = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (inString && character === "\\") {
      index++;
    } else if (character === '"') {
      inString = !inString;
    } else if (!inString && "NI-".includes(character)) {
      const word = Object.keys(words).find((candidate) => text.startsWith(candidate, index));
      if (word !== undefined) {
        result += `${text.slice(copied, index)}{"${marker}":"${word}"}`;
        index += word.length - 1;
        copied = index + 1;
      }
    }
  }
  return result + text.slice(copied);
}
