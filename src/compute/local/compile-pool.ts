import type { Backend, CompiledGraph, CompileOptions } from "../../engine/backend.ts";
import type { Graph } from "../../engine/graph.ts";

/** A graph as it was compiled for one of its users, who frees it. */
export interface PooledGraph {
  graph: Graph;
  compiled: CompiledGraph;
}

/** Compiles a graph once for all who use it at the same time. */
export interface CompilePool {
  /** The same key has to mean the same graph. */
  compile(key: string, build: () => Graph, parallelism: CompileOptions["parallelism"]): PooledGraph;
}

export function createCompilePool(backend: Backend): CompilePool {
  const pool = new Map<string, PooledGraph & { users: number }>();
  return {
    compile: (name, build, parallelism) => {
      const key = `${name} ${parallelism}`;
      let shared = pool.get(key);
      if (shared === undefined) {
        const graph = build();
        shared = { graph, compiled: backend.compile(graph, { parallelism }), users: 0 };
        pool.set(key, shared);
      }
      const { graph, compiled } = shared;
      shared.users += 1;
      const free = (): void => {
        shared.users -= 1;
        if (shared.users === 0) {
          pool.delete(key);
          compiled.free();
        }
      };
      return { graph, compiled: { bind: compiled.bind, free } };
    },
  };
}
