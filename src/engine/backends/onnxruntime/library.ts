import { createRequire } from "node:module";
import path from "node:path";
import koffi from "koffi";
import { BackendError, errorMessage } from "../../../errors.ts";

/** An opaque pointer of ONNX Runtime. */
export type Handle = unknown;
type Status = Handle | null;
type Out = [Handle];

/**
 * The functions of ONNX Runtime's C API that the engine uses, with their index in the API's table of functions. The table
 * only ever grows, so an index holds for every later version (onnxruntime_c_api.h, struct OrtApi).
 */
const signatures = {
  GetErrorMessage: [2, "const char *GetErrorMessage(void *status)"],
  CreateSessionFromArray: [
    8,
    "void *CreateSessionFromArray(void *env, const uint8_t *model, size_t length, void *options, _Out_ void **session)",
  ],
  CreateSessionOptions: [10, "void *CreateSessionOptions(_Out_ void **options)"],
  EnableProfiling: [14, "void *EnableProfiling(void *options, const char *prefix)"],
  SetSessionGraphOptimizationLevel: [23, "void *SetSessionGraphOptimizationLevel(void *options, int level)"],
  DisableMemPattern: [17, "void *DisableMemPattern(void *options)"],
  SetIntraOpNumThreads: [24, "void *SetIntraOpNumThreads(void *options, int threads)"],
  CreateTensorWithDataAsOrtValue: [
    49,
    "void *CreateTensorWithDataAsOrtValue(void *info, void *data, size_t bytes, const int64_t *shape, size_t rank, int type, _Out_ void **value)",
  ],
  CreateCpuMemoryInfo: [69, "void *CreateCpuMemoryInfo(int allocator, int memory, _Out_ void **info)"],
  ReleaseStatus: [93, "void ReleaseStatus(void *status)"],
  ReleaseSession: [95, "void ReleaseSession(void *session)"],
  ReleaseValue: [96, "void ReleaseValue(void *value)"],
  ReleaseSessionOptions: [100, "void ReleaseSessionOptions(void *options)"],
  CreateEnvWithGlobalThreadPools: [
    119,
    "void *CreateEnvWithGlobalThreadPools(int severity, const char *id, void *threading, _Out_ void **env)",
  ],
  DisablePerSessionThreads: [120, "void *DisablePerSessionThreads(void *options)"],
  CreateThreadingOptions: [121, "void *CreateThreadingOptions(_Out_ void **threading)"],
  AddSessionConfigEntry: [
    130,
    "void *AddSessionConfigEntry(void *options, const char *key, const char *value)",
  ],
  RunWithBinding: [133, "void *RunWithBinding(void *session, void *options, void *binding)"],
  CreateIoBinding: [134, "void *CreateIoBinding(void *session, _Out_ void **binding)"],
  ReleaseIoBinding: [135, "void ReleaseIoBinding(void *binding)"],
  BindInput: [136, "void *BindInput(void *binding, const char *name, void *value)"],
  BindOutput: [137, "void *BindOutput(void *binding, const char *name, void *value)"],
  CreateAndRegisterAllocator: [144, "void *CreateAndRegisterAllocator(void *env, void *info, void *arena)"],
  CreateArenaCfg: [
    156,
    "void *CreateArenaCfg(size_t limit, int strategy, int first, int unused, _Out_ void **arena)",
  ],
  SetGlobalIntraOpNumThreads: [147, "void *SetGlobalIntraOpNumThreads(void *threading, int threads)"],
} as const;

type FunctionName = keyof typeof signatures;
type NativeFunction = ((...values: unknown[]) => Handle) & {
  /** Runs on a thread of libuv's pool; the last value is the callback. */
  async(...values: unknown[]): void;
};
type Functions = { [N in FunctionName]: NativeFunction };

/** The oldest table that has every function above. */
const apiVersion = 17;

function libraryPath(): string {
  const root = path.dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  const names: Partial<Record<NodeJS.Platform, string>> = {
    linux: "libonnxruntime.so.1",
    darwin: "libonnxruntime.1.dylib",
    win32: "onnxruntime.dll",
  };
  const name = names[process.platform];
  if (name === undefined) {
    throw new BackendError(`ONNX Runtime has no build for ${process.platform}; use linux, macOS or Windows`);
  }
  return path.join(root, "bin", "napi-v6", process.platform, process.arch, name);
}

function loadFunctions(): Functions {
  const file = libraryPath();
  try {
    const base = koffi.load(file).func("void *OrtGetApiBase()")();
    const [getApi] = koffi.decode(base, koffi.array("void *", 1)) as Handle[];
    const table = koffi.decode(getApi, koffi.proto("void *OrtGetApi(uint32_t version)"))(apiVersion);
    const size = Math.max(...Object.values(signatures).map(([index]) => index)) + 1;
    const pointers = koffi.decode(table, koffi.array("void *", size)) as Handle[];
    const entries = Object.entries(signatures).map(([name, [index, signature]]) => [
      name,
      koffi.decode(pointers[index], koffi.proto(signature)),
    ]);
    return Object.fromEntries(entries) as Functions;
  } catch (error) {
    throw new BackendError(
      `cannot load ONNX Runtime from ${file}: ${errorMessage(error)}; reinstall with \`npm ci\` on a supported platform`,
    );
  }
}

/** ONNX Runtime's C API with its error codes turned into exceptions, and one thread pool for every session. */
export interface Library {
  readonly functions: Functions;
  readonly environment: Handle;
  readonly cpuMemory: Handle;
  /** `RunWithBinding` on a thread of its own. */
  runOnOwnThread(session: Handle, binding: Handle): Promise<Status>;
  /** Throws a BackendError if the call answered with an error. */
  check(status: Status): void;
  /** Calls a function that hands back a new object through its last argument. */
  create(call: (out: Out) => Status): Handle;
}

let loadedFunctions: Functions | undefined;

/** Loads the shared library that ships inside onnxruntime-node; `threads` serve all sessions of this library. */
export function loadLibrary(threads: number): Library {
  loadedFunctions ??= loadFunctions();
  const functions = loadedFunctions;
  const check = (status: Status): void => {
    if (status !== null) {
      const message = String(functions.GetErrorMessage(status));
      functions.ReleaseStatus(status);
      throw new BackendError(`ONNX Runtime: ${message}`);
    }
  };
  const create = (call: (out: Out) => Status): Handle => {
    const out: Out = [null];
    check(call(out));
    return out[0];
  };
  const threading = create((out) => functions.CreateThreadingOptions(out));
  check(functions.SetGlobalIntraOpNumThreads(threading, threads));
  // Errors come back as exceptions; printing them too would break `--json`.
  const fatalOnly = 4;
  const environment = create((out) =>
    functions.CreateEnvWithGlobalThreadPools(fatalOnly, "gpgrad", threading, out),
  );
  const [arenaAllocator, defaultMemory] = [1, 0];
  const cpuMemory = create((out) => functions.CreateCpuMemoryInfo(arenaAllocator, defaultMemory, out));
  const runOnOwnThread = (session: Handle, binding: Handle): Promise<Status> =>
    new Promise((resolve, reject) => {
      functions.RunWithBinding.async(session, null, binding, (error: Error | null, status: Status) =>
        error ? reject(error) : resolve(status),
      );
    });
  const library = { functions, environment, cpuMemory, runOnOwnThread, check, create };
  shareArena(library);
  return library;
}

/** One arena for the intermediate values of all sessions: few run at a time, so one's memory serves the next. */
function shareArena({ functions, environment, cpuMemory, check, create }: Library): void {
  const [noLimit, growByPowersOfTwo, byDefault] = [0, 0, -1];
  const arena = create((out) =>
    functions.CreateArenaCfg(noLimit, growByPowersOfTwo, byDefault, byDefault, out),
  );
  check(functions.CreateAndRegisterAllocator(environment, cpuMemory, arena));
}
