import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { onTestFinished } from "vitest";
import { type Exchange, type HubFault, inFolder, readBody, sendContent } from "./hub-exchange.ts";

/** Content by path. */
export type HubFiles = Readonly<Record<string, Uint8Array | string>>;

export interface HubModelOptions {
  /** Where the commit goes; main if not given. */
  revision?: string;
  /** Needs a token. */
  private?: boolean;
  /** Needs a token whose account accepted the terms. */
  gated?: boolean;
  /** Stored in Xet, so that answers carry its headers. */
  xet?: boolean;
}

export interface HubRequest {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingMessage["headers"];
  /** True for the server that stands for the content delivery network. */
  isStorage: boolean;
}

/** A hub on this machine that speaks the API which `@huggingface/hub` and Python's huggingface_hub use. */
export interface HubServer {
  endpoint: string;
  requests: HubRequest[];
  faults: HubFault[];
  /** Adds a commit to a model, or to a data set `datasets:ORG/NAME`, which it makes if need be, and returns the commit's hash. */
  addCommit(name: string, files: HubFiles, options?: HubModelOptions): string;
  /** The files of a branch, tag or commit. */
  filesOf(name: string, revision?: string): Record<string, Buffer>;
  isPrivate(name: string): boolean;
  holds(name: string): boolean;
  /** Changes what the hub says about a file without changing the file. */
  lieAbout(name: string, file: string, entry: Record<string, unknown>): void;
  close(): Promise<void>;
}

/** Bytes of one part of an upload in parts. */
const partSize = 100_000;

interface Model {
  commits: Map<string, Map<string, Buffer>>;
  refs: Map<string, string>;
  options: HubModelOptions;
  lies: Map<string, Record<string, unknown>>;
}

export const readToken = "hf_reader";
export const writeToken = "hf_writer";
/** Of an account that has not accepted any terms. */
export const strangerToken = "hf_stranger";

const hash = (algorithm: string, ...parts: (string | Uint8Array)[]) =>
  parts.reduce((sum, part) => sum.update(part), createHash(algorithm)).digest("hex");
const sha256 = (content: Buffer) => hash("sha256", content);
const gitHash = (content: Buffer) => hash("sha1", `blob ${content.length}\0`, content);
const isLarge = (file: string) => /\.(safetensors|parquet)$|^tokenizer\.json$/.test(file);

/** Every file of a folder, for `addCommit`. */
export function filesOfFolder(folder: string): Record<string, Buffer> {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(files.map(({ name }) => [name, readFileSync(path.join(folder, name))]));
}

/** Starts a hub that is gone when the test is over, or, outside of a test, when `close` is called. */
export async function startHubServer({ untilClosed = false } = {}): Promise<HubServer> {
  const models = new Map<string, Model>();
  const requests: HubRequest[] = [];
  const faults: HubFault[] = [];
  const uploads = new Map<string, Buffer>();
  let commits = 0;

  const takeFault = (line: string): HubFault | undefined => {
    const fault = faults.find(({ match, times = 1 }) => times > 0 && match.test(line));
    if (fault?.times !== undefined) {
      fault.times -= 1;
    }
    return fault;
  };

  const serve =
    (isStorage: boolean, answer: (exchange: Exchange) => void | Promise<void>) =>
    async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const method = request.method!;
      requests.push({ method, path: request.url!, headers: request.headers, isStorage });
      const fault = takeFault(`${method} ${request.url}`);
      const body = await readBody(request);
      const url = new URL(request.url!, "http://hub");
      url.pathname = url.pathname
        .replace(/^\/api\/datasets\//, "/api/models/datasets:")
        .replace(/^\/datasets\/(?=[^/]+\/[^/]+\/resolve\/)/, "/datasets:");
      if (fault?.status !== undefined) {
        response.writeHead(fault.status, fault.headers).end();
        return;
      }
      fault?.meanwhile?.();
      if (fault?.unanswered) {
        response.writeHead = () => response;
        response.end = () => response.destroy();
      }
      await answer({ method, url, request, response, body, fault });
    };

  const hub = createServer(serve(false, answerHub));
  const storage = createServer(serve(true, answerStorage));
  const portOf = async (server: typeof hub) => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  };
  const endpoint = `http://127.0.0.1:${await portOf(hub)}`;
  // Another host, as a content delivery network is.
  const storageEndpoint = `http://localhost:${await portOf(storage)}`;

  function addCommit(name: string, files: HubFiles, options: HubModelOptions = {}): string {
    const model = models.get(name) ?? { commits: new Map(), refs: new Map(), options, lies: new Map() };
    models.set(name, model);
    commits += 1;
    const commit = hash("sha1", `commit ${commits}`);
    const content = Object.entries(files).map(([file, bytes]) => [file, Buffer.from(bytes)] as const);
    model.commits.set(commit, new Map(content));
    model.refs.set(options.revision ?? "main", commit);
    return commit;
  }

  /** Answers with an error and returns null where the model or the revision cannot be had. */
  function find(
    exchange: Exchange,
    name: string,
    revision: string | null,
  ): { model: Model; commit: string } | null {
    const { request, response } = exchange;
    const token = request.headers.authorization?.replace("Bearer ", "");
    const refuse = (status: number, code: string, message: string) => {
      response.writeHead(status, {
        "Content-Type": "application/json",
        ...(code && { "X-Error-Code": code }),
        "X-Error-Message": message,
      });
      response.end(JSON.stringify({ error: message }));
      return null;
    };
    if (token !== undefined && ![readToken, writeToken, strangerToken].includes(token)) {
      return refuse(401, "", "Invalid credentials in Authorization header");
    }
    const model = models.get(name);
    if (model === undefined || (model.options.private && token === undefined)) {
      return token === undefined
        ? refuse(401, "RepoNotFound", "Invalid username or password.")
        : refuse(404, "RepoNotFound", "Repository not found");
    }
    const isContent = exchange.url.pathname.includes("/resolve/");
    if (model.options.gated && isContent && (token === undefined || token === strangerToken)) {
      return refuse(token === undefined ? 401 : 403, "GatedRepo", `Access to model ${name} is restricted.`);
    }
    const commit = revision === null ? "" : model.commits.has(revision) ? revision : model.refs.get(revision);
    return commit === undefined
      ? refuse(404, "RevisionNotFound", `Invalid rev id: ${revision}`)
      : { model, commit };
  }

  function answerHub(exchange: Exchange): void {
    const { method, url, response } = exchange;
    const route = (pattern: RegExp) =>
      pattern
        .exec(url.pathname)
        ?.slice(1)
        .map((part) => part && decodeURIComponent(part));
    const json = (value: unknown, headers: Record<string, string> = {}) =>
      response.writeHead(200, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(value));

    const info = route(/^\/api\/models\/([^/]+\/[^/]+)(?:\/revision\/(.+))?$/);
    if (method === "GET" && info) {
      const revision = info[1] === "HEAD" ? "main" : (info[1] ?? "main");
      const found = find(exchange, info[0]!, revision);
      if (found) {
        const { private: isPrivate = false, gated = false } = found.model.options;
        const files = [...found.model.commits.get(found.commit)!.keys()];
        const siblings = files.map((rfilename) => ({ rfilename }));
        json({ _id: "1", id: info[0], sha: found.commit, private: isPrivate, gated, siblings, tags: [] });
      }
      return;
    }
    const tree = route(/^\/api\/models\/([^/]+\/[^/]+)\/tree\/([^/]+)(?:\/(.+))?$/);
    if (method === "GET" && tree) {
      const found = find(exchange, tree[0]!, tree[1]!);
      if (found) {
        // In pages of three, so that whoever reads must turn them.
        const isRecursive = url.searchParams.get("recursive") === "true";
        const entries = isRecursive ? listing(found) : inFolder(listing(found), tree[2]);
        const start = Number(url.searchParams.get("cursor") ?? 0);
        const next = new URL(`${endpoint}${url.pathname}${url.search}`);
        next.searchParams.set("cursor", String(start + 3));
        json(entries.slice(start, start + 3), {
          ...(start + 3 < entries.length && { Link: `<${next.href}>; rel="next"` }),
        });
      }
      return;
    }
    const paths = route(/^\/api\/models\/([^/]+\/[^/]+)\/paths-info\/(.+)$/);
    if (method === "POST" && paths) {
      const found = find(exchange, paths[0]!, paths[1]!);
      if (found) {
        const wanted = (JSON.parse(exchange.body.toString()) as { paths: string[] }).paths;
        json(listing(found).filter((entry) => wanted.includes(entry.path)));
      }
      return;
    }
    const resolve = route(/^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/);
    if ((method === "GET" || method === "HEAD") && resolve) {
      answerResolve(exchange, resolve as [string, string, string]);
      return;
    }
    if (method === "POST") {
      answerWrite(exchange, json);
      return;
    }
    response.writeHead(404).end();
  }

  function listing({ model, commit }: { model: Model; commit: string }) {
    return [...model.commits.get(commit)!].map(([file, content]) => ({
      type: "file",
      path: file,
      size: content.length,
      oid: gitHash(content),
      ...(isLarge(file) && { lfs: { oid: sha256(content), size: content.length, pointerSize: 134 } }),
      ...(isLarge(file) && model.options.xet && { xetHash: sha256(content) }),
      ...model.lies.get(file),
    }));
  }

  function answerResolve(exchange: Exchange, [name, revision, file]: [string, string, string]): void {
    const { response } = exchange;
    const found = find(exchange, name, revision);
    const content = found?.model.commits.get(found.commit)?.get(file);
    if (!found) {
      return;
    }
    if (content === undefined) {
      response
        .writeHead(404, { "X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found" })
        .end();
      return;
    }
    const headers = { "X-Repo-Commit": found.commit, "Accept-Ranges": "bytes" };
    if (!isLarge(file)) {
      sendContent(exchange, content, { ...headers, ETag: `"${gitHash(content)}"` });
      return;
    }
    const token = `${endpoint}/api/models/${name}/xet-read-token/${found.commit}`;
    response.writeHead(302, {
      ...headers,
      Location: `${storageEndpoint}/content/${name}/${found.commit}/${file}`,
      "X-Linked-Etag": `"${sha256(content)}"`,
      "X-Linked-Size": String(content.length),
      ...(found.model.options.xet && {
        "X-Xet-Hash": sha256(content),
        Link: `<${token}>; rel="xet-auth", <${endpoint}/reconstruction>; rel="xet-reconstruction-info"`,
      }),
    });
    response.end();
  }

  function answerWrite(exchange: Exchange, json: (value: unknown) => void): void {
    const { url, request, response, body } = exchange;
    const refuse = (status: number, message: string) =>
      response.writeHead(status, { "X-Error-Message": message }).end(JSON.stringify({ error: message }));
    if (request.headers.authorization !== `Bearer ${writeToken}`) {
      refuse(403, "you must use a write token");
      return;
    }
    if (url.pathname === "/api/repos/create") {
      const { name, organization, visibility } = JSON.parse(body.toString());
      const whole = `${organization}/${name}`;
      if (models.has(whole)) {
        refuse(409, "You already created this model repo");
        return;
      }
      addCommit(whole, { ".gitattributes": "" }, { private: visibility === "private" });
      json({ url: `${endpoint}/${whole}`, id: whole });
      return;
    }
    const [, name = "", action, rest = ""] =
      /^\/(?:api\/models\/)?([^/]+\/[^/]+?)(?:\.git\/info)?\/(branch|preupload|lfs|commit|complete)\/(.*)$/.exec(
        decodeURIComponent(url.pathname),
      ) ?? [];
    const model = models.get(name);
    if (model === undefined) {
      refuse(404, "Repository not found");
      return;
    }
    if (action === "branch") {
      if (model.refs.has(rest)) {
        refuse(409, "Reference already exists");
        return;
      }
      model.refs.set(rest, model.refs.get("main")!);
      json({});
    } else if (action === "preupload") {
      const { files } = JSON.parse(body.toString()) as { files: { path: string }[] };
      json({ files: files.map((file) => ({ ...file, uploadMode: isLarge(file.path) ? "lfs" : "regular" })) });
    } else if (action === "lfs") {
      const { objects } = JSON.parse(body.toString()) as { objects: { oid: string; size: number }[] };
      json({
        transfer: objects.some(({ size }) => size > partSize) ? "multipart" : "basic",
        objects: objects.map(offer),
      });
    } else if (action === "complete") {
      const { oid, parts } = JSON.parse(body.toString()) as { oid: string; parts: { partNumber: number }[] };
      const pieces = parts.map(({ partNumber }) => uploads.get(`${oid}/${partNumber}`)!);
      uploads.set(oid, Buffer.concat(pieces));
      json({});
    } else {
      const lines = body
        .toString()
        .split("\n")
        .map((line) => JSON.parse(line));
      const head = model.refs.get(rest)!;
      const parent = lines.find(({ key }) => key === "header").value.parentCommit;
      if (parent !== undefined && parent !== head) {
        refuse(412, "A commit has happened since. Please refresh and try again.");
        return;
      }
      const files = new Map(model.commits.get(head));
      for (const { key, value } of lines) {
        if (key === "file") {
          files.set(value.path, Buffer.from(value.content, value.encoding));
        } else if (key === "deletedFile") {
          files.delete(value.path);
        } else if (key === "lfsFile") {
          const content = uploads.get(value.oid);
          if (content === undefined || sha256(content) !== value.oid) {
            refuse(400, `the content of ${value.path} was never uploaded`);
            return;
          }
          files.set(value.path, content);
        }
      }
      const oid = addCommit(name, Object.fromEntries(files), { ...model.options, revision: rest });
      json({ success: true, commitOid: oid, commitUrl: `${endpoint}/${name}/commit/${oid}` });
    }

    function offer({ oid, size }: { oid: string; size: number }) {
      if (uploads.has(oid)) {
        return { oid, size };
      }
      if (size <= partSize) {
        return { oid, size, actions: { upload: { href: `${storageEndpoint}/upload/${oid}` } } };
      }
      const numbers = Array.from({ length: Math.ceil(size / partSize) }, (_, index) => index + 1);
      const parts = numbers.map((number) => [
        String(number).padStart(5, "0"),
        `${storageEndpoint}/upload/${oid}/${number}`,
      ]);
      const header = { chunk_size: String(partSize), ...Object.fromEntries(parts) };
      return { oid, size, actions: { upload: { href: `${endpoint}/${name}/complete/${oid}`, header } } };
    }
  }

  function answerStorage(exchange: Exchange): void {
    const { method, url, response, body } = exchange;
    const stored = /^\/content\/([^/]+\/[^/]+)\/([^/]+)\/(.+)$/.exec(url.pathname);
    const content = stored && models.get(stored[1]!)?.commits.get(stored[2]!)?.get(stored[3]!);
    if ((method === "GET" || method === "HEAD") && content) {
      sendContent(exchange, content, { ETag: `"${hash("md5", content)}"` });
    } else if (method === "PUT" && url.pathname.startsWith("/upload/")) {
      uploads.set(url.pathname.slice("/upload/".length), body);
      response.writeHead(200, { ETag: `"${hash("md5", body)}"` }).end();
    } else {
      response.writeHead(404).end();
    }
  }

  const server: HubServer = {
    endpoint,
    requests,
    faults,
    addCommit,
    filesOf(name, revision = "main") {
      const model = models.get(name)!;
      return Object.fromEntries(model.commits.get(model.refs.get(revision) ?? revision)!);
    },
    isPrivate: (name) => models.get(name)!.options.private === true,
    holds: (name) => models.has(name),
    lieAbout: (name, file, entry) => void models.get(name)!.lies.set(file, entry),
    async close() {
      for (const each of [hub, storage]) {
        each.closeAllConnections();
        await new Promise((resolve) => each.close(resolve));
      }
    },
  };
  if (!untilClosed) {
    onTestFinished(() => server.close());
  }
  return server;
}
