import { shown } from "../../error-text.ts";
import { extractTagged } from "../final-answer.ts";
import { type Unscorable, unscorable } from "../score.ts";
import { type Box, isProper, statedBoxes } from "./box.ts";

/** The box that a reference answer gives, or why it gives none. */
export function goldBox(answer: string): { kind: "box"; box: Box } | Unscorable {
  const box = onlyBox(extractTagged(answer) ?? answer);
  return box === undefined
    ? unscorable(`the reference answer is not one box such as (100,200),(300,400): ${shown(answer)}`)
    : { kind: "box", box };
}

/** The box that a completion answers with: in its last answer tags, or else anywhere; none where it gives several. */
export function answeredBox(completion: string): Box | undefined {
  return onlyBox(extractTagged(completion) ?? completion);
}

function onlyBox(text: string): Box | undefined {
  const [box, ...others] = statedBoxes(text);
  return box !== undefined && others.length === 0 && isProper(box) ? box : undefined;
}
