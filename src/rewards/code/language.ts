import { nearestKey } from "../../nearest-key.ts";

export const languages = ["python", "javascript", "typescript"] as const;

export type Language = (typeof languages)[number];

/** The words behind a fence that mean a language, the proper one first. */
export const fenceWords: Readonly<Record<Language, readonly string[]>> = {
  python: ["python", "py", "python3"],
  javascript: ["javascript", "js", "node"],
  typescript: ["typescript", "ts"],
};

/** The language of any of its names in data. Throws an error that names the known ones. */
export function languageOf(name: string): Language {
  const wanted = name.toLowerCase();
  const found = languages.find((language) => fenceWords[language].includes(wanted));
  if (found === undefined) {
    const near = nearestKey(wanted, languages);
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    throw new Error(
      `programs in ${JSON.stringify(name.slice(0, 40))} cannot be run${hint} (known: ${languages.join(", ")})`,
    );
  }
  return found;
}
