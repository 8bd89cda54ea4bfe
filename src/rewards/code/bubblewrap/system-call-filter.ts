import { ConfigError } from "../../../errors.ts";

/**
 * Calls that hold memory which no limit on a process counts, or that have let programs out of containers, by their numbers
 * on x64 and arm64. Interpreters do without.
 */
const refused: Readonly<Record<string, { x64: number; arm64: number }>> = {
  memfd_create: { x64: 319, arm64: 279 },
  memfd_secret: { x64: 447, arm64: 447 },
  shmget: { x64: 29, arm64: 194 },
  msgget: { x64: 68, arm64: 186 },
  semget: { x64: 64, arm64: 190 },
  mq_open: { x64: 240, arm64: 180 },
  add_key: { x64: 248, arm64: 217 },
  request_key: { x64: 249, arm64: 218 },
  keyctl: { x64: 250, arm64: 219 },
  ptrace: { x64: 101, arm64: 117 },
  bpf: { x64: 321, arm64: 280 },
  perf_event_open: { x64: 298, arm64: 241 },
  userfaultfd: { x64: 323, arm64: 282 },
  io_uring_setup: { x64: 425, arm64: 425 },
  io_uring_enter: { x64: 426, arm64: 426 },
  io_uring_register: { x64: 427, arm64: 427 },
};

const socket = { x64: 41, arm64: 198 };

/** Unix, both of the internet, and the one that asks the kernel about them: the others may lead out of a network namespace. */
const allowedSocketFamilies = [1, 2, 10, 16];

/** The kernel's AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64. */
const machines = { x64: 0xc000003e, arm64: 0xc00000b7 };

const load = 0x20;
const ifEqual = 0x15;
const ifAtLeast = 0x35;
const give = 0x06;

const killProcess = 0x80000000;
const allow = 0x7fff0000;
const noSuchCall = 0x00050000 + 38;
const noSuchFamily = 0x00050000 + 97;

/** Where the kernel shows the call's number, its machine and the lower half of its first argument. */
const callNumber = 0;
const callMachine = 4;
const firstArgument = 16;

/** Numbers from here on are those of a second set of calls on x64. */
const secondSet = 0x40000000;

/**
 * A seccomp program, as bubblewrap's `--seccomp` reads it: every refused call answers that there is no such call, a socket of
 * another family that there is no such family, and a call of another machine's kind ends the process. Throws ConfigError for a machine whose numbers are not known.
 */
export function systemCallFilter(machine: string): Uint8Array {
  if (machine !== "x64" && machine !== "arm64") {
    throw new ConfigError(
      `programs can be run in bubblewrap on x64 and arm64, not on ${machine}; use "sandbox": "piston" or "e2b"`,
    );
  }
  const numbers = Object.values(refused).map((call) => call[machine]);
  const families = allowedSocketFamilies;
  const instructions: [code: number, ifTrue: number, ifFalse: number, operand: number][] = [
    [load, 0, 0, callMachine],
    [ifEqual, 1, 0, machines[machine]],
    [give, 0, 0, killProcess],
    [load, 0, 0, callNumber],
    [ifAtLeast, numbers.length + 2, 0, secondSet],
    ...numbers.map((number, index): [number, number, number, number] => [
      ifEqual,
      numbers.length + 1 - index,
      0,
      number,
    ]),
    [ifEqual, 2, 0, socket[machine]],
    [give, 0, 0, allow],
    [give, 0, 0, noSuchCall],
    [load, 0, 0, firstArgument],
    ...families.map((family, index): [number, number, number, number] => [
      ifEqual,
      families.length - index,
      0,
      family,
    ]),
    [give, 0, 0, noSuchFamily],
    [give, 0, 0, allow],
  ];
  const bytes = new DataView(new ArrayBuffer(8 * instructions.length));
  for (const [index, [code, ifTrue, ifFalse, operand]] of instructions.entries()) {
    bytes.setUint16(8 * index, code, true);
    bytes.setUint8(8 * index + 2, ifTrue);
    bytes.setUint8(8 * index + 3, ifFalse);
    bytes.setUint32(8 * index + 4, operand, true);
  }
  return new Uint8Array(bytes.buffer);
}
