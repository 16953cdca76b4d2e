-- Sends the requests of a file in turn, and tells what wrk measured as JSON.
-- The file: for each request its length in bytes, a line feed, and its text.
local texts, turn = {}, 0

function init(args)
   local file = assert(io.open(args[1], "rb"))
   local line = file:read("*l")
   while line do
      table.insert(texts, file:read(tonumber(line)))
      line = file:read("*l")
   end
   file:close()
end

function request()
   turn = turn % #texts + 1
   return texts[turn]
end

function done(summary, latency)
   local errors = summary.errors
   local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
   io.write(string.format(
      '\n{"requests": %d, "seconds": %f, "median_ms": %f, "p99_ms": %f, "bytes": %.0f, "failed": %d}\n',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
      latency:percentile(99) / 1e3, summary.bytes, failed))
end
