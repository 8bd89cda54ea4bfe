import { spawn, spawnSync } from "node:child_process";
import { program } from "./gpgrad.ts";

/** The `script` of util-linux, which runs a command at a terminal of its own. */
export const hasTerminals = spawnSync("script", ["--version"]).stdout?.includes("util-linux") === true;

/** The built command line at a pseudo-terminal, typed at by a test. */
export interface TerminalSession {
  type(keys: string): void;
  /** Resolves once what follows the last text that was waited for holds this one. */
  seen(text: string): Promise<void>;
  /** Exit code, and all that the terminal showed, output and errors together, without escape sequences. */
  finished: Promise<{ code: number | null; shown: string }>;
}

export function startTerminalSession(...args: string[]): TerminalSession {
  const command = [process.execPath, program, ...args].map((part) => `'${part}'`).join(" ");
  const child = spawn("script", ["-qefc", command, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
  let shown = "";
  let from = 0;
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    shown += chunk;
  });
  const plain = (): string => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the beginning of an escape sequence
    return shown.replaceAll(/\x1b\[[0-9;?]*[A-Za-z]/g, "").replaceAll("\r", "");
  };
  const finished = new Promise<{ code: number | null; shown: string }>((resolve) => {
    child.on("close", (code) => resolve({ code, shown: plain() }));
  });
  return {
    type: (keys) => void child.stdin.write(keys),
    seen: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const at = plain().indexOf(text, from);
          if (at >= 0) {
            from = at + text.length;
            child.stdout.off("data", look);
            resolve();
          }
        };
        child.stdout.on("data", look);
        child.on("close", () => reject(new Error(`ended without ${text}: ${plain()}`)));
        look();
      }),
    finished,
  };
}
