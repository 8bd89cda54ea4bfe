import { describe, expect, it } from "vitest";
import { extract } from "../../src/rewards/math/compat/extract.ts";
import { gradeMath, type MathGradingOptions } from "../../src/rewards/math-equal.ts";
import { fixturesAbsent } from "../parity/fixtures.ts";
import {
  numberText,
  paysLike,
  readRecords,
  type SuiteRecord,
  suiteGrading,
  type VerdictRecord,
} from "./math-records.ts";

const synthetic = readRecords<VerdictRecord>("math_synthetic.jsonl");
const modelOutputs = readRecords<VerdictRecord>("math_model_outputs.jsonl");
const suite = readRecords<SuiteRecord>("math_verify_suite.jsonl");

function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}

function pays(record: VerdictRecord): boolean {
  return gradeMath(record.gold_text, record.completion).verdict === "equal";
}

function shown(record: VerdictRecord): string {
  const { id, variant = "", gold_text, completion } = record;
  return `  ${id} ${variant} gold ${JSON.stringify(gold_text)}, completion ends ${JSON.stringify(completion.slice(-90))}`;
}

function report(title: string, disagreements: readonly VerdictRecord[]): void {
  console.log([title, ...disagreements.map(shown)].join("\n"));
}

describe.skipIf(fixturesAbsent)("math grading by what is right", () => {
  it("accepts what people call right and refuses what they call wrong", () => {
    const right = synthetic.filter(({ intended }) => intended === true);
    const wrong = synthetic.filter(({ intended }) => intended === false);
    const refused = right.filter((record) => !pays(record));
    const paid = wrong.filter(pays);
    const accepted = 1 - refused.length / right.length;
    report(
      `math_synthetic.jsonl: accepts ${percent(accepted)} of ${right.length} right answers and ${percent(paid.length / wrong.length)} of ${wrong.length} wrong ones; refused and paid:`,
      [...refused, ...paid],
    );
    expect(accepted).toBeGreaterThanOrEqual(0.96);
    expect(paid.length / wrong.length).toBeLessThanOrEqual(0.005);
  });

  it("agrees with math-verify on what models wrote, but where that misreads", () => {
    const different = modelOutputs.filter((record) => pays(record) !== record.verdicts.default);
    const judged = different.map((record) => ({ record, misreading: misreadingOf(record) }));
    const unexplained = judged.filter(({ misreading }) => misreading === undefined).length;
    console.log(
      [
        `math_model_outputs.jsonl: agrees in ${percent(1 - different.length / modelOutputs.length)} of ${modelOutputs.length}; in ${different.length - unexplained} of ${different.length} differences math-verify misreads:`,
        ...judged.map(
          ({ record, misreading = "not known who is right" }) =>
            `${shown(record)}: we ${pays(record) ? "accept" : "refuse"}; ${misreading}`,
        ),
      ].join("\n"),
    );
    expect(unexplained / modelOutputs.length).toBeLessThanOrEqual(0.01);
  });

  it("passes math-verify's own suite", () => {
    const failed = suite.filter((record) => !passes(record, {}));
    console.log(
      [
        `math_verify_suite.jsonl: ${percent(1 - failed.length / suite.length)} of ${suite.length} as expected; not:`,
        ...failed.map(shownSuite),
      ].join("\n"),
    );
    expect(1 - failed.length / suite.length).toBeGreaterThanOrEqual(0.96);
  });
});

/** In words, where math-verify is wrong by a reading that can be seen in the texts; undefined where none can. */
function misreadingOf(record: VerdictRecord): string | undefined {
  const { gold_text, completion } = record;
  if (completion.lastIndexOf("<think>") > completion.lastIndexOf("</think>")) {
    return "we are right: the thought was cut off before an answer, and math-verify takes a number out of it";
  }
  const answer = /<answer>([^<]*?)\s*(?:<\/answer>|$)/.exec(completion)?.[1] ?? "";
  if (/√|π/.test(gold_text + answer)) {
    return "we are right: math-verify stops at a plain √ or π, and reads 2√{3} as 2";
  }
  if (/[ap]\.m\./.test(gold_text)) {
    return "we are right: math-verify cannot read a time of day";
  }
  const sameNumber = Number.parseFloat(gold_text) === Number(answer.trim() || Number.NaN);
  if (/^[^\s=]/.test(answer) && pays(record) === sameNumber) {
    return "we are right: math-verify reads no number right behind <answer>, and takes one out of the reasoning";
  }
  return undefined;
}

function shownSuite({ id, gold, pred }: SuiteRecord): string {
  return `  ${id} gold ${JSON.stringify(gold)?.slice(-90)}, answer ${JSON.stringify(pred).slice(-90)}`;
}

function passes(record: SuiteRecord, mode: MathGradingOptions): boolean {
  const options = suiteGrading(record);
  if (record.kind === "parse") {
    const { values, text } = extract(record.pred, options.completion ?? {}, { steps: 100_000 });
    const [, second = ""] = record.expected_parsed ?? [];
    return (record.expected_parsed ?? []).length === 0
      ? values.length === 0
      : second === "" || text === second;
  }
  if (record.kind === "compare") {
    const { gold: _gold, completion: _completion, ...precision } = options;
    const { verdict } = gradeMath(numberText(record.gold), numberText(record.pred), {
      ...precision,
      ...mode,
    });
    return (verdict === "equal") === record.expected;
  }
  return (
    (gradeMath(record.gold, record.pred, { ...options, ...mode }).verdict === "equal") === record.expected
  );
}

describe.skipIf(fixturesAbsent)("math grading as math-verify does", () => {
  it("gives its verdicts on its own suite", () => {
    const failed = suite.filter((record) => !passes(record, { compat: "math-verify" }));
    console.log(
      [
        `math_verify_suite.jsonl, compat: ${suite.length - failed.length} of ${suite.length}; not:`,
        ...failed.map(shownSuite),
      ].join("\n"),
    );
    expect(1 - failed.length / suite.length).toBeGreaterThanOrEqual(0.97);
  });

  it.each([
    ["math_synthetic.jsonl", synthetic, 0.95],
    ["math_model_outputs.jsonl", modelOutputs, 0.995],
  ] as const)("gives its verdicts of every kind on %s", (file, records, least) => {
    const kinds = new Set(records.flatMap(({ verdicts }) => Object.keys(verdicts)));
    for (const kind of kinds) {
      const judged = records.filter(({ verdicts }) => kind in verdicts);
      const rejected = judged.filter(({ verdicts }) => !verdicts[kind]);
      const different = judged.filter((record) => paysLike(kind, record) !== Boolean(record.verdicts[kind]));
      const accepted = different.filter(({ verdicts }) => !verdicts[kind]);
      const same = 1 - different.length / judged.length;
      report(
        `${file}, compat ${kind}: ${percent(same)} of ${judged.length}, accepts ${percent(accepted.length / rejected.length)} of what it rejects; differences:`,
        different,
      );
      expect(same).toBeGreaterThanOrEqual(least);
      expect(accepted.length / rejected.length).toBeLessThanOrEqual(0.003);
    }
  });
});
