import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError, DataError } from "../../errors.ts";
import { averagePrecision, type ImageDetections } from "./average-precision.ts";
import { chosenOption } from "./chosen-option.ts";
import { decodeMask, type Mask, maskOverlap, maskRuns } from "./mask.ts";
import { polygonMask } from "./polygon-mask.ts";
import { createEvaluationScorer, evaluationScorerNames } from "./registry.ts";

const report = (name: string, rows: object[], parameters: object = {}) =>
  createEvaluationScorer(name, parameters).score(rows as Record<string, unknown>[]);

describe("registry", () => {
  it("creates each scorer, which refuses rows of another kind by row and field", () => {
    for (const name of evaluationScorerNames) {
      expect(createEvaluationScorer(name).name).toBe(name);
      expect(() => report(name, [{ other: 1 }])).toThrow(DataError);
      expect(() => report(name, [{ other: 1 }])).toThrow(
        new RegExp(`^${name} row 1: "\\w+" cannot be missing`),
      );
      expect(() => report(name, [])).not.toThrow();
    }
    expect(() => createEvaluationScorer("cvbench")).toThrow(ConfigError);
    expect(() => createEvaluationScorer("geoqa", { compat: "none" })).toThrow(ConfigError);
  });
});

describe("chosenOption", () => {
  const choices = ["above", "below"];
  const counts = ["1", "2", "3", "4", "0"];

  it.each<[string, string[], number | undefined]>([
    ["(B)", choices, 1],
    ["b", choices, 1],
    ["**B**", choices, 1],
    ["B.", choices, 1],
    ["(A) above", choices, 0],
    ["(A) below", choices, undefined],
    ["ABOVE", choices, 0],
    ["the lamp is above the bed", choices, 0],
    ["below, or maybe above", choices, undefined],
    ["A lamp is below the table", choices, 1],
    ["The answer is C.", counts, 2],
    ["Option B", counts, 1],
    ["Option C is right", counts, 2],
    ["The answer is a chair", counts, undefined],
    ["The answer is A because of it", counts, 0],
    ["3", counts, 2],
    ["3.0", counts, 2],
    ["There are 3 chairs", counts, 2],
    ["13", counts, undefined],
    ["2 (C)", counts, undefined],
    ["(F)", choices, undefined],
    ["", choices, undefined],
    ["tables", ["chair", "table"], undefined],
    ["the red chair", ["chair", "red chair"], 1],
  ])("of %j among %j is %j", (answer, options, index) => {
    expect(chosenOption(answer, options)).toBe(index);
  });
});

const masks = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
  .chain(([height, width]) =>
    fc
      .uint8Array({ minLength: height * width, maxLength: height * width, max: 1 })
      .map((pixels): Mask => ({ height, width, pixels })),
  );

describe("masks", () => {
  it("are the same after their runs, and overlap wholly with themselves", () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const predicted = { size: [mask.height, mask.width] as const, counts: maskRuns(mask) };
        expect(decodeMask(predicted)).toEqual(mask);
      }),
    );
  });

  it("refuse runs that do not fill them", () => {
    for (const counts of [[3], [5], "3", "~~~"]) {
      expect(() => decodeMask({ size: [2, 2], counts })).toThrow(DataError);
    }
  });

  it("have one size, and polygons two corners", () => {
    const mask = (width: number) => decodeMask({ size: [1, width], counts: [width] });
    expect(() => maskOverlap(mask(2), mask(3))).toThrow(DataError);
    expect(() => polygonMask([[1, 1]], 2, 2)).toThrow(DataError);
  });

  it("have a bounded size", () => {
    const row = { size: [2 ** 20, 2 ** 20], polygons: [], predicted: null };
    expect(() => report("lisa_mask", [row])).toThrow(/^lisa_mask row 1: "size" cannot be .* pixels$/);
  });

  it("of a rectangle hold it with its edges", () => {
    const mask = polygonMask(
      [
        [1, 1],
        [3, 1],
        [3, 2],
        [1, 2],
      ],
      4,
      5,
    );
    expect(maskRuns(mask)).toEqual([5, 2, 2, 2, 2, 2, 5]);
    expect(
      maskRuns(
        polygonMask(
          [
            [2, 1],
            [2, 1],
          ],
          3,
          3,
        ),
      ),
    ).toEqual([7, 1, 1]);
  });

  it("of any polygon stay in the image", () => {
    const point = fc.tuple(fc.integer({ min: -20, max: 30 }), fc.integer({ min: -20, max: 30 }));
    fc.assert(
      fc.property(fc.array(point, { minLength: 2, maxLength: 8 }), (polygon) => {
        const { pixels } = polygonMask(polygon, 9, 7);
        expect(pixels).toHaveLength(63);
        const [[x, y]] = polygon as [[number, number]];
        const shows = x >= 0 && x < 7 && y >= 0 && y < 9;
        // A corner is a pixel of the outline, but where it is the lone tip of a spike.
        if (shows && polygon.every(([, other]) => other === y)) {
          expect(pixels[x * 9 + y]).toBe(1);
        }
      }),
    );
  });

  it("count all polygons, and a missing or misshapen prediction as an empty one", () => {
    const square = (at: number) => [
      [at, 0],
      [at + 1, 0],
      [at + 1, 1],
      [at, 1],
    ];
    const predicted = { size: [2, 6], counts: [0, 4, 4, 4] };
    const rows = [
      { size: [2, 6], polygons: [square(0), square(4)], predicted },
      { size: [2, 6], polygons: [square(0)], predicted: null },
      { size: [2, 6], polygons: [square(0)], predicted: { size: [6, 2], counts: [12] } },
      { size: [2, 6], polygons: [], predicted },
    ];
    expect(report("lisa_mask", rows)).toEqual({
      values: [1, 0, 0, null],
      metrics: { giou: expect.closeTo(1 / 3, 12), ciou: 0.5 },
    });
    const upstream = report("lisa_mask", rows, { compat: "upstream" });
    expect(upstream.values).toEqual([expect.closeTo(0.5, 6), 0, null, null]);
  });
});

describe("other scorers", () => {
  it("average over the rows", () => {
    const geoqa = [
      { answer: "140°", response: "<answer>140</answer>" },
      { answer: "27°", response: "<answer>28</answer>" },
      { answer: "?", response: "<answer>28</answer>" },
    ];
    expect(report("geoqa", geoqa)).toEqual({ values: [1, 0, null], metrics: { accuracy: 50 } });
    const counting = [
      { answer: 4, response: "so \\boxed{4}" },
      { answer: 4, response: "<answer>5</answer>" },
    ];
    expect(report("superclevr_counting", counting).metrics).toEqual({ accuracy: 50 });
    expect(report("superclevr_counting", counting, { compat: "upstream" }).metrics).toEqual({ accuracy: 0 });
    expect(report("superclevr_counting", [{ answer: "4", response: "<answer>4</answer>" }]).values).toEqual([
      1,
    ]);
    const classes = [
      { answer: "tiger lily", response: "<answer>\ntiger lily\n</answer>" },
      { answer: "tiger lily", response: "<answer>lily</answer>" },
      { answer: "tiger lily", response: "tiger lily" },
    ];
    expect(report("visual_rft_classification", classes).metrics).toEqual({
      accuracy: expect.closeTo(100 / 3, 9),
      errors: 1,
    });
    const nameless = [{ answer: "_", response: "<answer>lily</answer>" }];
    expect(report("visual_rft_classification", nameless).values).toEqual([null]);
    expect(report("visual_rft_classification", nameless, { compat: "upstream" }).values).toEqual([1]);
    expect(report("visual_rft_classification", classes, { compat: "upstream" })).toMatchObject({
      values: [0, 1, 0],
      metrics: { errors: 2 },
    });
    const grounding = [
      {
        size: [1000, 500],
        box: [100, 100, 300, 200],
        response: "<think>(0,0),(1,1)</think><answer>(100,200),(300,400)</answer>",
      },
    ];
    expect(report("lisa_grounding", grounding).metrics.miou).toBeCloseTo(1, 12);
    expect(report("lisa_grounding", grounding, { compat: "upstream" }).metrics.miou).toBe(0);
  });

  it("reads the boxes of responses in thousandths of the image", () => {
    const rows = [
      {
        image: 1,
        category: "cat",
        size: [500, 200],
        objects: [{ box: [50, 20, 100, 40] }],
        response: "<answer>[{'Position': [100, 100, 300, 300], 'Confidence': 0.9}]</answer>",
      },
    ];
    for (const parameters of [{}, { compat: "upstream" }]) {
      expect(report("coco_detection", rows, parameters).metrics).toEqual({
        mAP: expect.closeTo(1, 12),
        AP_50: expect.closeTo(1, 12),
        AP_75: expect.closeTo(1, 12),
        AP_small: -1,
        AP_m: expect.closeTo(1, 12),
        AP_l: -1,
      });
    }
  });
});

describe("averagePrecision", () => {
  const object = (left: number, size = 40) => ({
    box: [left, 0, size, size] as const,
    area: size * size,
    crowd: false,
  });
  const image = (
    gold: ReturnType<typeof object>[],
    predicted: [left: number, score: number, size?: number][],
    category = "cat",
  ): ImageDetections => ({
    category,
    gold,
    predicted: predicted.map(([left, score, size = 40]) => ({ box: [left, 0, size, size], score })),
  });

  it("is 1 for all objects and no more, -1 for none to find", () => {
    expect(
      averagePrecision([
        image(
          [object(0), object(100)],
          [
            [0, 0.5],
            [100, 0.9],
          ],
        ),
      ]),
    ).toMatchObject({
      mAP: expect.closeTo(1, 9),
      AP_m: expect.closeTo(1, 9),
      AP_small: -1,
    });
    expect(averagePrecision([image([], [[0, 1]])]).mAP).toBe(-1);
    expect(averagePrecision([image([object(0)], [])]).mAP).toBe(0);
  });

  it("is the precision up to the recall that is reached", () => {
    // Recalls 0 to 0.5, which are 51 of 101, have precision 1.
    expect(averagePrecision([image([object(0), object(100)], [[0, 0.9]])]).AP_50).toBeCloseTo(51 / 101, 9);
    // The wrong one comes first: precision 1/2 at recall 1.
    expect(
      averagePrecision([
        image(
          [object(0)],
          [
            [500, 0.9],
            [0, 0.5],
          ],
        ),
      ]).AP_50,
    ).toBeCloseTo(0.5, 9);
    // An IoU of 0.6: right at the thresholds 0.5, 0.55 and 0.6 of ten.
    const { mAP, AP_50, AP_75 } = averagePrecision([image([object(0)], [[10, 1]])]);
    expect([mAP, AP_50, AP_75]).toEqual([expect.closeTo(0.3, 9), expect.closeTo(1, 9), 0]);
  });

  it("averages over categories, and leaves out what is inside a crowd", () => {
    const images = [image([object(0)], [[0, 1]]), image([object(0)], [], "dog")];
    expect(averagePrecision(images).mAP).toBeCloseTo(0.5, 9);
    const crowd = { ...object(0, 400), crowd: true };
    expect(
      averagePrecision([
        image(
          [object(500), crowd],
          [
            [0, 1],
            [500, 0.5],
          ],
        ),
      ]).mAP,
    ).toBeCloseTo(1, 9);
  });
});
