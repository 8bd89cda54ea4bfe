import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Language } from "../language.ts";
import type { Outcome, RunLimits } from "../sandbox.ts";
import { createBubblewrap } from "./bubblewrap.ts";

const sandbox = createBubblewrap();
const limits: RunLimits = { seconds: 20, memoryMegabytes: 512, processes: 32, outputBytes: 100_000 };
const refusals = new Map<Language, string>();
const secret = mkdtempSync(path.join(tmpdir(), "gpgrad-secret-"));

beforeAll(async () => {
  writeFileSync(path.join(secret, "secret"), "secret", { mode: 0o644 });
  for (const language of ["python", "javascript"] as const) {
    await sandbox.prepare(language, limits).catch((error: Error) => {
      refusals.set(language, error.message);
      console.warn(`no ${language} programs are run: ${error.message}`);
    });
  }
}, 100_000);
afterAll(() => rmSync(secret, { recursive: true }));

async function outcomeOf(
  language: Language,
  source: string,
  { input = "", ...own }: Partial<RunLimits> & { input?: string } = {},
): Promise<Outcome | null> {
  const program = await sandbox.open(
    { language, source },
    { ...limits, ...own },
    new AbortController().signal,
  );
  return program === null ? null : program.run(input);
}

const printed = (output: string, exitCode = 0): Outcome => ({ kind: "finished", exitCode, output });

const tests = (language: Language) =>
  beforeEach(({ skip }) => {
    const reason = refusals.get(language === "typescript" ? "javascript" : language);
    skip(reason !== undefined, reason);
  });

describe("Python", () => {
  tests("python");

  test("reads its input and writes its output", async () => {
    expect(await outcomeOf("python", "print(int(input()) * 2)", { input: "21\n" })).toEqual(printed("42\n"));
    expect(await outcomeOf("python", "import sys\nprint('a\u00e9\u{1f600}')\nsys.exit(3)")).toEqual(
      printed("a\u00e9\u{1f600}\n", 3),
    );
    const bytes = "import sys\nsys.stdout.buffer.write(b'\\xff')";
    expect(await outcomeOf("python", bytes)).toEqual({ kind: "unreadable" });
  });

  test("need not read its input", async () => {
    expect(await outcomeOf("python", "print(1)", { input: "x".repeat(5_000_000) })).toEqual(printed("1\n"));
  });

  test("prints the same in every run", async () => {
    const source = "print(hash('a'), list({'a', 'b', 'c', 'd'}))";
    expect(await outcomeOf("python", source)).toEqual(await outcomeOf("python", source));
  });

  test.for([
    ["time, endless loop", "while True: pass"],
    ["time, sleep", "import time\ntime.sleep(100)"],
    ["time, a fork bomb", "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass"],
  ])("is ended at its limit: %s", async ([, source]) => {
    expect(await outcomeOf("python", source!, { seconds: 1 })).toEqual({ kind: "over", limit: "time" });
  });

  test.for([
    ["output", "while True: print('x' * 1000)"],
    ["output", "import sys\nwhile True: sys.stderr.write('x' * 1000)"],
    [
      "memory",
      "import os, time\nfor i in range(9):\n  if os.fork() == 0:\n    x = 'y' * 10**8; time.sleep(60)\ntime.sleep(60)",
    ],
  ])("is ended at its limit of %s", async ([limit, source]) => {
    expect(await outcomeOf("python", source!)).toEqual({ kind: "over", limit });
  });

  test("pays for its folders with memory", async () => {
    const source = "import os\nfor i in range(10**9): os.mkdir(str(i))";
    expect(await outcomeOf("python", source, { seconds: 60, memoryMegabytes: 64 })).toEqual({
      kind: "over",
      limit: "memory",
    });
  });

  test("cannot have more memory than its limit", async () => {
    const source = "try: x = 'y' * 10**9\nexcept MemoryError: print('refused')";
    expect(await outcomeOf("python", source)).toEqual(printed("refused\n"));
  });

  test("cannot begin more processes than its limit", async () => {
    const source = `
import os, time
begun = 0
try:
  for i in range(100):
    if os.fork() == 0:
      time.sleep(60)
    begun += 1
except OSError: pass
print(begun < 32)`;
    expect(await outcomeOf("python", source)).toEqual(printed("True\n"));
  });

  test("has no network", async () => {
    const source = `
import socket
for address in [("1.1.1.1", 53), ("127.0.0.1", 22)]:
  try:
    socket.create_connection(address, 2); print("connected")
  except OSError: print("refused")
virtual_machines = 40
try: socket.socket(virtual_machines, socket.SOCK_STREAM); print("made")
except OSError as error: print(error.errno)
print(len(socket.socketpair()), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).family > 0)`;
    expect(await outcomeOf("python", source)).toEqual(printed("refused\nrefused\n97\n2 True\n"));
  });

  test("sees no process, no home and no file but the system's, links included", async () => {
    const source = `
import os
for place in ${JSON.stringify(["/proc/self", "/proc/1", homedir(), "/home", "/etc/passwd", secret, process.cwd()])}:
  print(os.path.exists(place))
os.symlink(${JSON.stringify(path.join(secret, "secret"))}, "link")
try: print(open("link").read())
except OSError: print("refused")
print(sorted(os.listdir("/sandbox")), os.listdir("."), os.environ.get("USER"))`;
    expect(await outcomeOf("python", source)).toEqual(
      printed(`${"False\n".repeat(7)}refused\n['program', 'work'] ['link'] None\n`),
    );
  });

  test("writes nowhere but in its folder, and little there", async () => {
    const source = `
for place in ["/x", "/tmp/x", "/dev/x", "/dev/shm/x", "/usr/x", "/sandbox/x", "/sandbox/program/main.py", "../x"]:
  try: open(place, "w"); print("written", place)
  except OSError: pass
try:
  for i in range(100):
    with open(str(i), "wb") as file: file.write(bytes(10**6))
except OSError: print(0 < i < 20)`;
    expect(await outcomeOf("python", source)).toEqual(printed("True\n"));
    expect(await outcomeOf("python", "import os\nprint(os.listdir('.'))")).toEqual(printed("[]\n"));
  });

  test("cannot make namespaces, nor end what contains it, and holds no file of ours", async () => {
    const source = `
import ctypes, os, stat
print(ctypes.CDLL(None).unshare(0x10000000))
os.kill(1, 9)
for number in range(3, 100):
  try: os.fstat(number); print("open", number)
  except OSError: pass`;
    expect(await outcomeOf("python", source)).toEqual(printed("-1\n"));
  });

  test("cannot have memory that belongs to no process", async () => {
    const source = `
import ctypes, os
try: os.memfd_create("x"); print("made")
except OSError as error: print(error.errno)
print(ctypes.CDLL(None).shmget(0, 10**6, 0o1600))`;
    expect(await outcomeOf("python", source)).toEqual(printed("38\n-1\n"));
  });

  test("leaves no process behind", async () => {
    const marker = `left-${process.pid}`;
    const source = `
import os, time
if os.fork() == 0:
  os.setsid()
  os.execv("/bin/sleep", ["${marker}", "300"])
time.sleep(0.3)
print("done")`;
    expect(await outcomeOf("python", source)).toEqual(printed("done\n"));
    expect(commandLines().filter((line) => line.startsWith(marker))).toEqual([]);
    const hanging = source.replace("0.3", "100");
    expect(await outcomeOf("python", hanging, { seconds: 1 })).toEqual({ kind: "over", limit: "time" });
    await expect.poll(() => commandLines().filter((line) => line.startsWith(marker))).toEqual([]);
  });

  test("ends with whoever waits for it", async () => {
    const controller = new AbortController();
    const source = "import time\ntime.sleep(100)";
    const program = await sandbox.open({ language: "python", source }, limits, controller.signal);
    setTimeout(() => controller.abort(new Error("enough")), 200);
    await expect(program!.run("")).rejects.toThrow("enough");
  });
});

describe("JavaScript", () => {
  tests("javascript");

  test.for([
    'console.log(require("fs").readFileSync(0, "utf8") * 2)',
    'import fs from "node:fs";\nconsole.log(fs.readFileSync(0, "utf8") * 2)',
    'require("readline").createInterface({ input: process.stdin }).on("line", (line) => console.log(line * 2))',
  ])("reads its input and writes its output: %s", async (source) => {
    expect(await outcomeOf("javascript", source, { input: "21\n" })).toEqual(printed("42\n"));
  });

  test("recurses deep", async () => {
    const source = "const depth = (n) => (n > 0 ? depth(n - 1) + 1 : 0); console.log(depth(20000))";
    expect(await outcomeOf("javascript", source)).toEqual(printed("20000\n"));
  });

  test.for(["Buffer.alloc(1e7, 1)", "new Array(1e5).fill(1)"])(
    "cannot have more memory than its limit: %s",
    async (more) => {
      const source = `const all = []; for (;;) all.push(${more})`;
      const outcome = await outcomeOf("javascript", source, { memoryMegabytes: 256 });
      expect(outcome).not.toMatchObject({ exitCode: 0 });
      expect(outcome).not.toMatchObject({ limit: "time" });
    },
  );
});

describe("TypeScript", () => {
  tests("typescript");

  test("is run without its types", async () => {
    const source = `
import * as fs from "node:fs";
enum Factor { Two = 2 }
interface Row { value: number }
const row: Row = { value: Number(fs.readFileSync(0, "utf8")) };
console.log(row.value * Factor.Two);`;
    expect(await outcomeOf("typescript", source, { input: "21" })).toEqual(printed("42\n"));
  });

  test("is not run where it cannot be parsed, however deep", async () => {
    expect(await outcomeOf("typescript", "const x: number = ;")).toBeNull();
    expect(await outcomeOf("typescript", "(".repeat(200_000))).toBeNull();
  });
});

function commandLines(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((id) => {
      const file = `/proc/${id}/cmdline`;
      try {
        return existsSync(file) ? [readFileSync(file, "utf8").replaceAll("\0", " ")] : [];
      } catch {
        return [];
      }
    });
}
