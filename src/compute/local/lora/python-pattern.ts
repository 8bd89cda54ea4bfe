/**
 * Python's regular expression as one of JavaScript that matches whole texts, as `re.fullmatch` does; null for one that
 * JavaScript has no counterpart of, such as one with inline flags.
 */
export function pythonPattern(pattern: string): RegExp | null {
  const translated = pattern.replaceAll(/\\([\s\S])|\(\?P<|\(\?P=(\w+)\)/g, (_, escaped, name) => {
    if (escaped !== undefined) {
      return translateEscape(escaped);
    }
    return name === undefined ? "(?<" : `\\k<${name}>`;
  });
  try {
    // The flag u makes unknown escapes errors, as they are in Python.
    return new RegExp(`^(?:${translated})$`, "u");
  } catch {
    return null;
  }
}

const anchors: Readonly<Record<string, string>> = { A: "^", Z: "$" };

/** Python lets any punctuation be escaped, JavaScript only what has a meaning. */
function translateEscape(character: string): string {
  if (character === "-") {
    return "\\x2d";
  }
  const keepsEscape = /[A-Za-z0-9^$\\.*+?()[\]{}|/]/.test(character);
  return anchors[character] ?? (keepsEscape ? `\\${character}` : character);
}
