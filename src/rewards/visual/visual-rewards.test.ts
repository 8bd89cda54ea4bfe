import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contextOf, earned } from "../../../test/support/reward-context.ts";
import { createReward } from "../registry.ts";
import { type Box, intersectionOverUnion, scaledGeneralisedIou, statedBoxes, writtenBoxes } from "./box.ts";
import { detectedBoxes } from "./detected-boxes.ts";
import { pythonFloat } from "./python-float.ts";
import { parsePythonJson } from "./python-json.ts";

const tagged = (answer: string): string => `<think>looking</think><answer>${answer}</answer>`;

const side = fc.tuple(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 1, max: 500 }));
const box = fc.tuple(side, side).map(([[x, w], [y, h]]): Box => [x, y, x + w, y + h]);
const corners = ([left, top, right, bottom]: Box): string => `(${left},${top}),(${right},${bottom})`;

describe("boxes", () => {
  it("overlap alike from both sides, between 0 and 1, wholly if they are equal", () => {
    fc.assert(
      fc.property(box, box, (a, b) => {
        const iou = intersectionOverUnion(a, b);
        expect(iou).toBe(intersectionOverUnion(b, a));
        expect(iou).toBeGreaterThanOrEqual(0);
        expect(iou === 1).toBe(a.every((value, index) => value === b[index]));
        expect(scaledGeneralisedIou(a, b)).toBeLessThanOrEqual(1 + iou + 1e-12);
        expect(scaledGeneralisedIou(a, b)).toBeGreaterThan(0);
      }),
    );
  });

  it.each<[string, Box[], Box[]]>([
    ["(1,2),(3,4)", [[1, 2, 3, 4]], [[1, 2, 3, 4]]],
    ["( 1 , 2 ) ,\n( 3 , 4 )", [[1, 2, 3, 4]], [[1, 2, 3, 4]]],
    ["[1, 2, 3.5, 4]", [[1, 2, 3.5, 4]], []],
    ["(１,2),(3,٤)", [[1, 2, 3, 4]], [[1, 2, 3, 4]]],
    [
      "(1,2),(3,4) and (5,6),(7,8)",
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
    ],
    ["(1,2),(3", [], []],
    ["x1=1, y1=2", [], []],
  ])("are read from %j", (text, stated, written) => {
    expect(statedBoxes(text)).toEqual(stated);
    expect([...writtenBoxes(text)]).toEqual(written);
  });
});

describe("giou and iou", () => {
  it("pay in full for the reference box and no other", async () => {
    await fc.assert(
      fc.asyncProperty(box, box, async (gold, answered) => {
        const same = gold.every((value, index) => value === answered[index]);
        expect((await earned("giou", {}, corners(gold), tagged(corners(answered)))) === 2).toBe(same);
        expect((await earned("iou", {}, corners(gold), tagged(corners(answered)))) === 1).toBe(same);
      }),
    );
  });

  it.each([
    ["two boxes", "(100,200),(300,400) (500,500),(600,600)"],
    ["swapped corners", "(300,400),(100,200)"],
    ["no box", "nothing"],
    ["an empty answer", ""],
    ["half a box", "(100,200),(300"],
    ["one corner", "(100,200),(100,200)"],
  ])("pay nothing for %s", async (_, answer) => {
    expect(await earned("giou", {}, "(100,200),(300,400)", tagged(answer))).toBe(0);
    expect(await earned("iou", {}, "(100,200),(300,400)", tagged(answer))).toBe(0);
  });

  it.each(["", "nothing", "(3,4),(1,2)", "(1,2),(3,4) (1,2),(3,4)"])(
    "do not score against the reference answer %j",
    async (gold) => {
      expect(await earned("giou", {}, gold, tagged("(1,2),(3,4)"))).toBe("unscorable");
      expect(await earned("iou", {}, gold, tagged("(1,2),(3,4)"))).toBe("unscorable");
    },
  );

  it("measures the box by itself, however near its numbers are", async () => {
    expect(await earned("giou", {}, "(100,200),(300,400)", tagged("(500,200),(600,400)"))).toBeLessThan(1);
  });
});

describe("detection", () => {
  const list = (...entries: [Box, unknown?][]): string =>
    JSON.stringify(entries.map(([Position, Confidence]) => ({ Position, Confidence }))).replaceAll('"', "'");
  const [a, b, far]: Box[] = [
    [0, 0, 100, 100],
    [200, 200, 400, 400],
    [600, 600, 700, 700],
  ];
  const gold = tagged(list([a!], [b!]));
  const both = async (answer: string, reference = gold) => [
    await earned("detection_iou", {}, reference, tagged(answer)),
    await earned("detection_confidence", {}, reference, tagged(answer)),
  ];

  it.each<[string, string, [number, number]]>([
    ["all, sure", list([a!, 1], [b!, 1]), [1, 1]],
    ["one of two", list([a!, 1]), [0.5, 1]],
    ["one too many, known to be one", list([a!, 1], [b!, 1], [far!, 0]), [2 / 3, 1]],
    ["one too many, sure", list([a!, 1], [b!, 1], [far!, 1]), [2 / 3, 2 / 3]],
    ["the same twice", list([a!, 1], [a!, 1], [b!, 1]), [1, 1]],
    ["without confidence", list([a!], [b!]), [1, 0]],
    ["confidence beyond 1", list([a!, 5], [b!, 1]), [1, 0.5]],
    ["swapped corners", list([[100, 100, 0, 0], 0], [b!, 1]), [0.5, 0.5]],
    ["over lines and in a fence", `\`\`\`json\n${list([a!, 1], [b!, 1])}\n\`\`\``, [1, 1]],
    ["a comma too many", "[{'Position': [0, 0, 100, 100], 'Confidence': 1}, ]", [0.5, 1]],
    ["nothing", "[]", [0, 0]],
    ["nothing to read", "here they are", [0, 0]],
  ])("of %s", async (_, answer, paid) => {
    expect(await both(answer)).toEqual(paid.map((value) => expect.closeTo(value, 12)));
  });

  it("pays for nothing where there is nothing", async () => {
    expect(await both("No Objects", tagged("No Objects"))).toEqual([1, 1]);
    expect(await both("[]", tagged("[]"))).toEqual([1, 1]);
    expect(await both(list([a!, 0]), tagged("[]"))).toEqual([0, 0]);
    expect(await both("I see a box", tagged("[]"))).toEqual([0, 0]);
  });

  it("does not score against what is no list of boxes", async () => {
    for (const reference of ["", "boxes", "[1, 2]", "[{'Position': [1, 2, 3]}]"]) {
      expect(await both(list([a!, 1]), reference)).toEqual(["unscorable", "unscorable"]);
    }
  });

  it("leaves missed boxes out of account where it is told to", async () => {
    const parameters = { missed: "ignore" };
    expect(await earned("detection_iou", parameters, gold, tagged(list([a!, 1])))).toBe(1);
    expect(await earned("detection_iou", parameters, gold, tagged(list([a!, 1], [far!, 1])))).toBe(0.5);
  });

  it("matches as the threshold says", async () => {
    const near: Box = [0, 0, 100, 60];
    const parameters = (iouThreshold: number) => ({ iouThreshold });
    const answer = tagged(list([near, 1]));
    expect(await earned("detection_iou", parameters(0.5), tagged(list([a!])), answer)).toBeCloseTo(0.6, 12);
    expect(await earned("detection_iou", parameters(0.7), tagged(list([a!])), answer)).toBe(0);
  });

  it("reads numbers as Python does", () => {
    expect(parsePythonJson('[NaN, -Infinity, "NaN \\" Infinity", 1]')).toEqual([
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      'NaN " Infinity',
      1,
    ]);
    expect(parsePythonJson("[01]")).toBeUndefined();
    const floats = [" 0.5 ", "1_0", "１", "-inf", "1e3", ".5", "5.", true].map(pythonFloat);
    expect(floats).toEqual([0.5, 10, 1, Number.NEGATIVE_INFINITY, 1000, 0.5, 5, 1]);
    expect(["", ".", "1__0", "_1", "0x1", "90%", null, []].map(pythonFloat)).toEqual(
      Array(8).fill(undefined),
    );
    expect(detectedBoxes("x".repeat(200))).toBeUndefined();
  });
});

describe("answer_letter", () => {
  it.each<[string, string, number]>([
    ["A", tagged("A"), 1],
    ["<answer>(B)</answer>", tagged("(B)"), 1],
    ["B", tagged("B."), 1],
    ["B", tagged("**B**"), 1],
    ["B", tagged(" (b) "), 1],
    ["B", tagged("a or b"), 0],
    ["B", tagged("(B) the chair"), 1],
    ["B", tagged("\nB\n"), 1],
    ["B", tagged("It is A or B"), 0],
    ["B", tagged("A chair, so B"), 1],
    ["A", tagged("A chair, so B"), 0],
    ["B", tagged("Because"), 0],
    ["B", tagged(""), 0],
    ["B", "", 0],
    ["the chair", tagged("the chair"), 1],
    ["the chair", tagged("the table"), 0],
  ])("of gold %j for %j is %d", async (gold, completion, value) => {
    expect(await earned("answer_letter", {}, gold, completion)).toBe(value);
  });

  it("does not score against an empty reference answer", async () => {
    expect(await earned("answer_letter", {}, "<answer></answer>", tagged("A"))).toBe("unscorable");
  });
});

describe("classification", () => {
  it.each<[string, string, number]>([
    ["american_bulldog", "American Bulldog", 1],
    ["american_bulldog", "americanbulldog", 1],
    ["american_bulldog", "It is an American bulldog.", 1],
    ["american_bulldog", "\namerican bulldog\n", 1],
    ["hard-leaved pocket orchid", "Hard leaved pocket orchid", 1],
    ["737-200", "Boeing 737-200", 1],
    ["american_bulldog", "", 0],
    ["american_bulldog", "_", 0],
    ["american_bulldog", "a", 0],
    ["american_bulldog", "bulldog", 0],
    ["american_bulldog", "beagle, american bulldog, pug", 0],
    ["american_bulldog", "beagle or american bulldog", 0],
    ["american_bulldog", "not an american bulldog", 0],
    ["2012 BMW M3 Coupe", "2012 Audi S4", 0],
    ["iris", "irises", 0],
  ])("of %j for %j is %d", async (gold, answer, value) => {
    expect(await earned("classification", {}, `<answer>${gold}</answer>`, tagged(answer))).toBe(value);
  });

  it("does not score against a class without a name", async () => {
    for (const gold of ["", "<answer> _ </answer>"]) {
      expect(await earned("classification", {}, gold, tagged("x"))).toBe("unscorable");
    }
  });
});

describe("counting", () => {
  it.each<[string, string, number | string, number | string]>([
    ["4", tagged(" 4 "), 1, 1],
    ["<answer> 4 </answer>", tagged("004"), 1, 1],
    ["4", tagged("4.0"), 1, 0],
    ["4", tagged("5"), 0, 0],
    ["4", tagged("-4"), 0, 0],
    ["4", "4", 0, 0],
    ["4", "<answer>5</answer><answer>4</answer>", 1, 0],
    ["1000", tagged("1,000"), 1, 0],
    ["four", tagged("four"), "unscorable", "unscorable"],
    ["", tagged(""), "unscorable", "unscorable"],
  ])("of gold %j for %j is %j, upstream %j", async (gold, completion, value, upstream) => {
    expect(await earned("counting", {}, gold, completion)).toBe(value);
    expect(await earned("counting", { compat: "upstream" }, gold, completion)).toBe(upstream);
  });
});

it("knows what a reference answer earns by itself", async () => {
  for (const [name, gold] of [
    ["iou", "(1,2),(3,4)"],
    ["giou", "(1,2),(3,4)"],
    ["detection_iou", "[{'Position': [1, 2, 3, 4]}]"],
    ["classification", "a cat"],
    ["answer_letter", "C"],
    ["counting", "7"],
  ] as const) {
    const { highest, goldEarnsHighest } = createReward(name);
    expect(goldEarnsHighest ?? true, name).toBe(true);
    expect(await earned(name, {}, gold, contextOf(gold, tagged(gold)).completion), name).toBe(highest);
  }
});
