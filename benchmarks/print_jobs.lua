-- SPDX-FileCopyrightText: 2026 The Allmende contributors
-- SPDX-License-Identifier: EUPL-1.2
--
-- Run by load_generator.py: sends ready-made HTTP requests in turn and looks at each reply's IPP status.
-- Arguments: folder of the requests (1.http, 2.http, ...), how many there are, after how many replies to stop (0: never).

local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
end

function init(arguments)
  messages = {}
  for number = 1, tonumber(arguments[2]) do
    local file = assert(io.open(arguments[1] .. "/" .. number .. ".http", "rb"))
    messages[number] = file:read("*a")
    file:close()
  end
  limit = tonumber(arguments[3])
  sent, accepted, refused, http_status, ipp_status = 0, 0, 0, 0, -1
end

function request()
  sent = sent + 1
  return messages[(sent - 1) % #messages + 1]
end

function response(status, headers, body)
  -- Bytes 3 and 4 of the body are the IPP status: 0x0000 and 0x0001 mean that the job was taken.
  if status == 200 and #body >= 8 and body:byte(3) == 0 and body:byte(4) <= 1 then
    accepted = accepted + 1
  else
    refused = refused + 1
    http_status = status
    if #body >= 8 then ipp_status = body:byte(3) * 256 + body:byte(4) end
  end
  if limit > 0 and accepted + refused == limit then
    wrk.thread:stop()
    io.stderr:write("limit reached\n")
    io.stderr:flush()
  end
end

function done(summary, latency, requests)
  local thread = threads[1]
  local errors = summary.errors
  io.write(string.format(
    '\n{"accepted": %d, "refused": %d, "http_status": %d, "ipp_status": %d, "seconds": %.6f, ' ..
    '"p50_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f, "connection_errors": %d}\n',
    thread:get("accepted"), thread:get("refused"), thread:get("http_status"), thread:get("ipp_status"),
    summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
    errors.connect + errors.read + errors.write + errors.timeout))
end
