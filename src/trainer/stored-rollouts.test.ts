import { writeFileSync } from "node:fs";
import path from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { CheckpointError } from "../errors.ts";
import { readStoredGroups, readStoredProblemIds } from "./stored-rollouts.ts";

test("a parquet file that is no rollout log is refused by the columns that it lacks", async () => {
  const file = path.join(temporaryFolder(), "problems.parquet");
  const columnData = [
    { name: "problem", type: "STRING" as const, data: ["1+1=?"] },
    { name: "step", type: "INT32" as const, data: [1] },
  ];
  writeFileSync(file, new Uint8Array(parquetWriteBuffer({ columnData })));
  await expect(readStoredGroups(file)).rejects.toThrow(CheckpointError);
  await expect(readStoredGroups(file)).rejects.toThrow(
    /problems\.parquet: .*columns are missing: group, problem_id, .* \(columns: problem, step\); move the file away/,
  );
  await expect(readStoredProblemIds(file)).rejects.toThrow(/columns are missing: problem_id \(columns/);
});
