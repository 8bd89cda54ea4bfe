import type { RunLimits } from "../sandbox.ts";

export interface EvaluatedRun extends RunLimits {
  command: string;
  file: string;
  source: string;
  input: string;
}

/**
 * Python that runs a program on one input, in a folder of its own, and writes one JSON object: what it went over (`time`,
 * `output` or null), its exit code and its output in base64. Only what the program itself needs travels with it: expected
 * output never does.
 */
export function evaluationScript(run: EvaluatedRun): string {
  const payload = Buffer.from(JSON.stringify(run)).toString("base64");
  return `
import base64, json, os, resource, shutil, signal, subprocess, sys, tempfile

run = json.loads(base64.b64decode("${payload}"))

def limit():
    most = run["memoryMegabytes"] * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**24, 2**24))

folder = tempfile.mkdtemp()
path = os.path.join(folder, run["file"])
with open(path, "wb") as file:
    file.write(run["source"].encode("utf-8", "surrogatepass"))
with open(path + ".in", "wb") as file:
    file.write(run["input"].encode("utf-8", "surrogatepass"))
over, code = None, 1
with open(path + ".in", "rb") as stdin, open(path + ".out", "wb+") as stdout:
    child = subprocess.Popen([run["command"], path], cwd=folder, stdin=stdin, stdout=stdout,
                             stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=limit)
    try:
        code = child.wait(run["seconds"])
    except subprocess.TimeoutExpired:
        over = "time"
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()
    stdout.seek(0)
    output = stdout.read(run["outputBytes"] + 1)
if over is None and len(output) > run["outputBytes"]:
    over = "output"
shutil.rmtree(folder, ignore_errors=True)
print(json.dumps({"over": over, "exitCode": code, "output": "" if over else base64.b64encode(output).decode()}))
`;
}
