/**
 * The two-sided exact sign test: the chance, if a win were as likely as a loss, of a count at least as uneven. Ties are left
 * out. With one completion a problem it is McNemar's exact test.
 */
export function signTest(wins: number, losses: number): number {
  const trials = wins + losses;
  let logTerm = -trials * Math.LN2;
  let tail = 0;
  for (let count = 0; count <= Math.min(wins, losses); count++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((trials - count) / (count + 1));
  }
  return Math.min(1, 2 * tail);
}
