import { lastCodeBlock } from "../../code-block.ts";
import type { Compat } from "../../compat.ts";

const thoughtEnd = "</think>";

/**
 * The C++ program in a completion, its last closed block of code behind the thought, with the includes that IOI's graders
 * need; null without one. Upstream (`extract_code`, `add_includes`) looks everywhere for `cpp`.
 */
export function ioiProgram(completion: string, problemId: string, compat: Compat): string | null {
  const end = compat === "upstream" ? -1 : completion.lastIndexOf(thoughtEnd);
  const answer = end < 0 ? completion : completion.slice(end + thoughtEnd.length);
  const words = compat === "upstream" ? ["cpp"] : ["cpp", "c++"];
  const source = words.map((word) => lastCodeBlock(answer, word)).find((block) => block !== "");
  return source === undefined ? null : withIncludes(source, problemId);
}

function withIncludes(source: string, problemId: string): string {
  const header = `#include "${problemId}.h"`;
  const own = source.includes(header) ? "" : `${header}\n`;
  const namespace =
    source.includes("using namespace std;") || source.includes("std::") ? "" : "\nusing namespace std;\n\n";
  return `#include <bits/stdc++.h>\n${own}${namespace}${source}`;
}
