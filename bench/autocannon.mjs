// Puts a load on by autocannon, where wrk is not installed: node autocannon.mjs MODULE TASK.json
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [module, file] = process.argv.slice(2);
const autocannon = createRequire(import.meta.url)(module);
const task = JSON.parse(readFileSync(file, "utf8"));
const result = await autocannon({
  url: task.url,
  connections: task.connections,
  duration: task.seconds,
  timeout: 20,
  requests: task.requests.map(({ body, ...rest }) => (body ? { ...rest, body } : rest)),
});
console.log(
  JSON.stringify({
    requests: result["2xx"],
    seconds: result.duration,
    median_ms: result.latency.p50,
    p99_ms: result.latency.p99,
    bytes: result.throughput.total,
    failed: result.errors + result.timeouts + result.non2xx,
  }),
);
