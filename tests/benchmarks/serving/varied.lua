-- Asks one question after the other, from a file with a JSON body a line; tells the sums as JSON.
local requests, turn = {}, 0

function init(arguments)
   local headers = {}
   for line in io.lines(arguments[2]) do
      local name, value = line:match("^(.-): (.*)$")
      headers[name] = value
   end
   for body in io.lines(arguments[1]) do
      requests[#requests + 1] = wrk.format("POST", nil, headers, body)
   end
end

function request()
   turn = turn % #requests + 1
   return requests[turn]
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '{"requests": %d, "seconds": %f, "median": %f, "errors": %d}\n',
      summary.requests, summary.duration / 1e6, latency:percentile(50),
      errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
