import type { Backend, BoundGraph, Buffer, CompiledGraph, CompileOptions } from "../../backend.ts";
import type { Graph } from "../../graph.ts";
import type { ElementType, Tensor } from "../../primitives.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { checkBuffer, wrapValues } from "../check-buffer.ts";
import { type Handle, type Library, loadLibrary } from "./library.ts";
import { inputValue, lowerGraph, outputValue } from "./lowering-rules.ts";
import { nativePanelWidth } from "./native-panel-width.ts";
import { OnnxWriter, onnxType } from "./onnx-writer.ts";

export interface OnnxRuntimeOptions {
  /** Threads that share the work of one operator; one pool serves the process, so the first backend's number holds. */
  threads: number;
  /** Writes a Chrome trace of every session to files that start with this. */
  profile?: string;
}

/** float32 on the CPU through ONNX Runtime; inputs and outputs stay where they are, nothing is copied. */
export function createOnnxRuntimeBackend(options: OnnxRuntimeOptions): Backend {
  const library = loadLibrary(options.threads);
  const panelWidth = nativePanelWidth(
    (graph, width) => compile(library, graph, { parallelism: "operators", panelWidth: width }),
    allocate,
  );
  return {
    name: "onnxruntime",
    panelWidth,
    allocate,
    wrap: (values, shape) => wrap(values, shape),
    compile: (graph, { parallelism } = { parallelism: "operators" }) =>
      compile(library, graph, { parallelism, panelWidth }, options.profile),
  };
}

function allocate(shape: Shape, elementType: ElementType = "float"): Buffer {
  const size = sizeOf(shape);
  // An explicit ArrayBuffer lies outside the garbage-collected heap, so its address never changes.
  const values =
    elementType === "float"
      ? new Float32Array(new ArrayBuffer(size * 4))
      : new BigInt64Array(new ArrayBuffer(size * 8));
  return { shape, elementType, values };
}

function wrap(values: Float32Array, shape: Shape): Buffer {
  // Asking for `buffer` moves a small array out of the garbage-collected heap.
  void values.buffer;
  return wrapValues(values, shape);
}

function compile(
  library: Library,
  graph: Graph,
  settings: CompileOptions & { panelWidth: number | null },
  profile?: string,
): CompiledGraph {
  const { functions, check, create } = library;
  const writer = new OnnxWriter();
  const names = lowerGraph(graph, writer, settings);
  const inputs = [...graph.inputs].map(([name, { shape, elementType }]) => ({
    name: inputValue(name),
    shape,
    elementType,
  }));
  const outputs = new Map(
    [...graph.outputs].map(([name, { id, shape }]) => [name, writer.beforeReshaping(names.get(id)!, shape)]),
  );
  const model = writer.finish(
    inputs,
    [...outputs].map(([name, output]) => ({ name: outputValue(name), ...output })),
  );

  const options = create((out) => functions.CreateSessionOptions(out));
  // Graphs arrive as they should run: its optimizations take as long as all else and make none of them faster. They would
  // also drop `x + 0`, which keeps outputs apart from the inputs whose memory they take.
  const noOptimization = 0;
  check(functions.SetSessionGraphOptimizationLevel(options, noOptimization));
  if (settings.parallelism === "graphs") {
    check(functions.SetIntraOpNumThreads(options, 1));
  } else {
    check(functions.DisablePerSessionThreads(options));
  }
  check(functions.AddSessionConfigEntry(options, "session.use_env_allocators", "1"));
  // A memory pattern asks the shared arena for one block a session, which no other session's block fits.
  check(functions.DisableMemPattern(options));
  if (profile !== undefined) {
    check(functions.EnableProfiling(options, profile));
  }
  const session = create((out) =>
    functions.CreateSessionFromArray(library.environment, model, model.length, options, out),
  );
  functions.ReleaseSessionOptions(options);
  return {
    bind: (inputBuffers, outputBuffers) => {
      const shapeOf = (output: string): Shape => outputs.get(output)!.shape;
      return bind(library, session, { graph, shapeOf }, inputBuffers, outputBuffers);
    },
    free: () => functions.ReleaseSession(session),
  };
}

function bind(
  library: Library,
  session: Handle,
  { graph, shapeOf }: { graph: Graph; shapeOf: (output: string) => Shape },
  inputs: Readonly<Record<string, Buffer>>,
  outputs: Readonly<Record<string, Buffer>>,
): BoundGraph {
  const { functions, check, create } = library;
  const binding = create((out) => functions.CreateIoBinding(session, out));
  const values: Handle[] = [];
  const value = (name: string, tensor: Tensor, buffer: Buffer | undefined, shape = tensor.shape): Handle => {
    const handle = createValue(library, checkBuffer(name, tensor, buffer), shape);
    values.push(handle);
    return handle;
  };
  for (const [name, tensor] of graph.inputs) {
    check(functions.BindInput(binding, inputValue(name), value(name, tensor, inputs[name])));
  }
  for (const [name, tensor] of graph.outputs) {
    const handle = value(name, tensor, outputs[name], shapeOf(name));
    check(functions.BindOutput(binding, outputValue(name), handle));
  }
  // The buffers must outlive the addresses that ONNX Runtime holds.
  const held = { inputs, outputs };
  return {
    run: () => {
      check(functions.RunWithBinding(session, null, binding));
    },
    runBeside: async () => {
      check(await library.runOnOwnThread(session, binding));
    },
    free: () => {
      functions.ReleaseIoBinding(binding);
      values.forEach((handle) => {
        functions.ReleaseValue(handle);
      });
      held.inputs = {};
      held.outputs = {};
    },
  };
}

function createValue(
  { functions, cpuMemory, create }: Library,
  { values, elementType }: Buffer,
  shape: Shape,
): Handle {
  const sizes = BigInt64Array.from(shape, BigInt);
  const type = onnxType(elementType);
  return create((out) =>
    functions.CreateTensorWithDataAsOrtValue(
      cpuMemory,
      values,
      values.byteLength,
      sizes,
      shape.length,
      type,
      out,
    ),
  );
}
