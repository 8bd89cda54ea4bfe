import { pathToFileURL } from "node:url";

/** `file:line` where the file has this export, or the file alone where that is not plain to see. */
export function exportPosition(file: string, source: string, name: string): string {
  const declared =
    name === "default"
      ? /^\s*(?:export\s+default\b|module\.exports\s*=)/
      : new RegExp(
          `^\\s*(?:export\\s+(?:async\\s+)?(?:const|let|var|class|function\\*?)\\s+|exports\\.)${name.replaceAll(/[^\w]/g, "\\$&")}(?![\\w$])`,
        );
  const line = source.split("\n").findIndex((text) => declared.test(text)) + 1;
  return line > 0 ? `${file}:${line}` : file;
}

/** `file:line` of the innermost place in the file that an error came through, or undefined. */
export function thrownPosition(file: string, error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  for (const text of stack.split("\n")) {
    for (const name of [pathToFileURL(file).href, file]) {
      const start = text.indexOf(`${name}:`);
      const line = start < 0 ? null : /^:(\d+)/.exec(text.slice(start + name.length));
      if (line) {
        return `${file}:${line[1]}`;
      }
    }
  }
  return undefined;
}
