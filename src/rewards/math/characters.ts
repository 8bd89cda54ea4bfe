import type { TokenKind } from "./token.ts";

export const singleCharacters: Readonly<Record<string, readonly [TokenKind, string]>> = {
  "+": ["operator", "+"],
  "-": ["operator", "-"],
  "*": ["operator", "*"],
  "/": ["operator", "/"],
  ":": ["operator", ":"],
  "^": ["power", ""],
  _: ["subscript", ""],
  "(": ["open", "("],
  ")": ["close", ")"],
  "[": ["open", "["],
  "]": ["close", "]"],
  "{": ["open", "{"],
  "}": ["close", "}"],
  "|": ["bar", "|"],
  ",": ["comma", ","],
  ";": ["comma", ";"],
  "%": ["percent", "%"],
  "'": ["prime", "'"],
  "&": ["column", ""],
};

export const superscripts: Readonly<Record<string, string>> = {
  "⁰": "0",
  "¹": "1",
  "²": "2",
  "³": "3",
  "⁴": "4",
  "⁵": "5",
  "⁶": "6",
  "⁷": "7",
  "⁸": "8",
  "⁹": "9",
};

export const vulgarFractions: Readonly<Record<string, string>> = {
  "½": "1/2",
  "⅓": "1/3",
  "⅔": "2/3",
  "¼": "1/4",
  "¾": "3/4",
  "⅕": "1/5",
  "⅛": "1/8",
  "⅜": "3/8",
  "⅝": "5/8",
  "⅞": "7/8",
};

/** The text in the braces that open at or after spaces at `start`; undefined where none do or they do not close. */
export function bracedArgument(text: string, start: number): { content: string; end: number } | undefined {
  let index = start;
  while (text[index] === " ") {
    index++;
  }
  if (text[index] !== "{") {
    return undefined;
  }
  let depth = 0;
  for (let position = index; position < text.length; position++) {
    const character = text[position];
    if (character === "\\") {
      position++;
    } else if (character === "{") {
      depth++;
    } else if (character === "}") {
      depth--;
      if (depth === 0) {
        return { content: text.slice(index + 1, position), end: position + 1 };
      }
    }
  }
  return undefined;
}

export function isDigit(character: string): boolean {
  return character >= "0" && character <= "9" && character.length === 1;
}
