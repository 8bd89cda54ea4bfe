import { existsSync, lstatSync, readlinkSync } from "node:fs";
import type { RunLimits } from "../sandbox.ts";
import type { Containment } from "./run-contained.ts";
import { systemCallFilter } from "./system-call-filter.ts";

/** What a contained command is made of. */
export interface ContainedCommand {
  /** Paths inside of the sandbox. */
  command: readonly string[];
  /** Folders and files of the system that it may read: the same path inside, unless another is named. */
  readable: readonly { path: string; at?: string }[];
  /** Texts that lie at these paths inside. */
  files: Readonly<Record<string, Uint8Array>>;
  /** An address space may be limited only where no more of it is reserved than is used, which V8 does not. */
  limitAddressSpace: boolean;
}

export interface Tools {
  bubblewrap: string;
  prlimit: string;
  /** As whom sandboxes start; as whoever calls, if undefined. */
  userId: number | undefined;
}

/** Of the working folder, which is memory. */
const folderBytes = 16 * 2 ** 20;

/** What sockets hold belongs to no process: 200 kB each. */
const openFiles = 64;

/** Half of it is Node's to recurse in. */
const stackBytes = 8 * 2 ** 20;

/** Where no system has anything. */
const workFolder = "/sandbox/work";

const systemFolders = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/**
 * A sandbox that has no network, no process but its own, nothing of the file system but the system's programs and libraries
 * (no /proc, no home, no /etc), and one folder to write to, empty and in memory, in which the command starts.
 */
export function contain(tools: Tools, command: ContainedCommand, limits: RunLimits): Containment {
  const files = Object.entries(command.files);
  const bytes = limits.memoryMegabytes * 2 ** 20;
  const seconds = Math.ceil(limits.seconds) + 1;
  return {
    command: tools.bubblewrap,
    userId: tools.userId,
    workFolder,
    files: [systemCallFilter(process.arch), ...files.map(([, content]) => content)],
    arguments: [
      ...["--unshare-user", "--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts"],
      ...["--unshare-cgroup-try", "--disable-userns", "--cap-drop", "ALL"],
      ...[
        "--new-session",
        "--die-with-parent",
        "--hostname",
        "sandbox",
        "--json-status-fd",
        "3",
        "--seccomp",
        "4",
      ],
      ...["--ro-bind", "/usr", "/usr", ...systemFolders.flatMap(systemFolder)],
      ...["--ro-bind-try", "/nix/store", "/nix/store"],
      ...["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"],
      ...command.readable.flatMap(({ path, at = path }) => ["--ro-bind", path, at]),
      ...files.flatMap(([path], index) => ["--file", `${5 + index}`, path]),
      ...["--dev", "/dev", "--remount-ro", "/dev"],
      ...["--size", `${folderBytes}`, "--tmpfs", workFolder, "--chdir", workFolder, "--remount-ro", "/"],
      ...Object.entries(environment).flatMap(([name, value]) => ["--setenv", name, value]),
      "--",
      ...[tools.prlimit, "--core=0", `--cpu=${seconds}:${seconds + 1}`, `--fsize=${folderBytes}`],
      ...[
        `--nproc=${limits.processes}`,
        `--nofile=${openFiles}`,
        `--stack=${stackBytes}:`,
        `--data=${bytes}`,
      ],
      ...(command.limitAddressSpace ? [`--as=${bytes}`] : []),
      "--",
      ...command.command,
    ],
  };
}

/** The same in every run: what a program prints must not depend on whose machine it is. */
const environment: Readonly<Record<string, string>> = {
  PATH: "/usr/bin:/bin",
  HOME: workFolder,
  TMPDIR: workFolder,
  LANG: "C.UTF-8",
  PYTHONHASHSEED: "0",
  PYTHONDONTWRITEBYTECODE: "1",
};

/** Most systems have them as links into /usr. */
function systemFolder(folder: string): string[] {
  if (!existsSync(folder)) {
    return [];
  }
  return lstatSync(folder).isSymbolicLink()
    ? ["--symlink", readlinkSync(folder), folder]
    : ["--ro-bind", folder, folder];
}
