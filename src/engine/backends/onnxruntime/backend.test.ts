import { describeBackend } from "../../../../test/engine/backend-suite.ts";
import { createOnnxRuntimeBackend } from "./backend.ts";

describeBackend("onnxruntime", createOnnxRuntimeBackend({ threads: 2 }), 1e-6);
