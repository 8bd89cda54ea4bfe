import { describeBackend } from "../../../../test/engine/backend-suite.ts";
import { createReferenceBackend } from "./backend.ts";

describeBackend("reference", createReferenceBackend(), 1e-7);
