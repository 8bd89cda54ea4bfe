import { existsSync } from "node:fs";
import path from "node:path";

/** The folder of real data; it is not part of the repository, and a folder that was named must be there. */
const folder = process.env.GPGRAD_DATA ?? path.resolve("../shared/data");

/** The path of a folder of the real data, and whether its suite is to be skipped. */
export function dataFolder(name: string): { folder: string; absent: boolean } {
  const wanted = path.join(folder, name);
  return { folder: wanted, absent: process.env.GPGRAD_DATA === undefined && !existsSync(wanted) };
}
