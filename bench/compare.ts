import { median } from "./median.ts";
import { type Measured, measureOurs, measurePeer } from "./process.ts";

export interface Case {
  name: string;
  ours: readonly string[];
  peer: readonly string[];
}

interface Comparison<T> {
  bench: string;
  /** Our program beside this file, and the peer's script. */
  programs: { ours: string; peer: string };
  cases: readonly Case[];
  unit: string;
  /** The figure of one run; a larger one is better unless `smallerIsBetter`. */
  figure: (result: T) => number;
  smallerIsBetter?: boolean;
  /** A further line on our own run. */
  remark?: (result: T) => string;
}

const rounds = 3;

/** Runs ours and the peer in turns on the same work and prints medians, ratio and peak memory of each case. */
export async function compare<T>(comparison: Comparison<T>): Promise<void> {
  const { bench, programs, cases, unit, figure, smallerIsBetter = false, remark } = comparison;
  const json = process.argv.includes("--json");
  const say = (text: string): void => {
    if (!json) {
      console.log(text);
    }
  };
  for (const { name, ours: ourValues, peer: peerValues } of cases) {
    const ours: Measured<T>[] = [];
    const peers: Measured<T>[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(await measureOurs<T>(programs.ours, ourValues));
      const peer = await measurePeer<T>(programs.peer, peerValues);
      if (peer) {
        peers.push(peer);
      }
      say(
        `${bench} ${name} round ${round + 1}: ours ${figure(ours[round].result)} ${unit}, peer ${peer ? figure(peer.result) : "-"}`,
      );
    }
    const ourFigure = median(ours.map(({ result }) => figure(result)));
    const peerFigure = peers.length > 0 ? median(peers.map(({ result }) => figure(result))) : null;
    const ratio =
      peerFigure === null ? null : smallerIsBetter ? peerFigure / ourFigure : ourFigure / peerFigure;
    const peak = (runs: Measured<T>[]): number | null =>
      runs.length > 0 ? Math.round(Math.max(...runs.map(({ peakMegabytes }) => peakMegabytes))) : null;
    const line = {
      bench,
      case: name,
      ours: ourFigure,
      peer: peerFigure,
      unit,
      ratio: ratio === null ? null : Number(ratio.toFixed(2)),
      peak_mb: peak(ours),
      peer_peak_mb: peak(peers),
    };
    if (json) {
      console.log(JSON.stringify(line));
      continue;
    }
    const against =
      ratio === null ? "no peer: set GPGRAD_PEER_PYTHON" : `peer ${peerFigure}, ratio ${line.ratio}`;
    say(
      `${bench} ${name}: ours ${ourFigure} ${unit}, ${against}; peak ${line.peak_mb} MB, peer ${line.peer_peak_mb ?? "-"} MB`,
    );
    if (remark) {
      say(`  ${remark(ours[0].result)}`);
    }
  }
}
