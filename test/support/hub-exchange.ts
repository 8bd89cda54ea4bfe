import type { IncomingMessage, ServerResponse } from "node:http";

/** Something that goes wrong with requests whose `METHOD path` matches. */
export interface HubFault {
  match: RegExp;
  /** How often; for ever if not given. */
  times?: number;
  /** Answers with this instead. */
  status?: number;
  headers?: Record<string, string>;
  /** Happens before the request is looked at. */
  meanwhile?: () => void;
  /** Does what was asked and loses the answer. */
  unanswered?: boolean;
  /** Ends the connection after so many bytes of the body. */
  cutAfter?: number;
  /** Sends so many bytes of the body and then nothing more. */
  stallAfter?: number;
  /** Flips a bit of the body. */
  damage?: boolean;
  /** Answers a request for a range with everything. */
  ignoreRange?: boolean;
}

/** The files of a folder, the top one if not given, and the folders in it. */
export function inFolder<T extends { path: string }>(entries: readonly T[], folder?: string): object[] {
  const prefix = folder === undefined ? "" : `${folder}/`;
  const inside = entries.filter(({ path: file }) => file.startsWith(prefix));
  const isDeeper = ({ path: file }: T) => file.indexOf("/", prefix.length) > 0;
  const folders = inside
    .filter(isDeeper)
    .map(({ path: file }) => file.slice(0, file.indexOf("/", prefix.length)));
  const directories = [...new Set(folders)].map((each) => ({
    type: "directory",
    path: each,
    size: 0,
    oid: "0",
  }));
  return [...directories, ...inside.filter((entry) => !isDeeper(entry))];
}

/** A request, what is wrong with it, and where the answer goes. */
export interface Exchange {
  method: string;
  url: URL;
  request: IncomingMessage;
  response: ServerResponse;
  body: Buffer;
  fault: HubFault | undefined;
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** Answers with content or a range of it, as the fault lets it. */
export function sendContent(exchange: Exchange, whole: Buffer, headers: Record<string, string>): void {
  const { request, response, fault } = exchange;
  const range = fault?.ignoreRange ? null : /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const start = range ? Number(range[1]) : 0;
  const end = range?.[2] ? Number(range[2]) + 1 : whole.length;
  if (start >= whole.length && whole.length > 0) {
    response.writeHead(416, { "Content-Range": `bytes */${whole.length}` }).end();
    return;
  }
  const content = Buffer.from(whole.subarray(start, end));
  if (fault?.damage) {
    content[content.length >> 1]! ^= 1;
  }
  response.writeHead(range ? 206 : 200, {
    ...headers,
    "Content-Length": String(content.length),
    ...(range && { "Content-Range": `bytes ${start}-${start + content.length - 1}/${whole.length}` }),
  });
  if (fault?.cutAfter !== undefined) {
    response.write(content.subarray(0, fault.cutAfter), () => response.destroy());
  } else if (fault?.stallAfter !== undefined) {
    response.write(content.subarray(0, fault.stallAfter));
  } else {
    response.end(content);
  }
}
