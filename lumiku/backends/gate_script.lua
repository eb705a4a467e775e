-- The gate of one backend, decided inside Redis: each operation is one script and so happens at one moment.
--
-- KEYS: the hash of what is known, and three sorted sets by time: places held (until when), calls begun, retries begun.
-- ARGV: the operation, now in milliseconds ('' takes this server's clock), then the operation's own arguments.
-- `gate_memory` says what each operation means and decides the same; it also holds the constants in capitals.

local STATE, PLACES, CALLS, RETRIES = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local TEXTS, NUMBERS = {'cause', 'reason', 'probe', 'verdicts'}, {'ends', 'probe_ends', 'era', 'row', 'tat', 'kept'}
local gate = {}

local function read()
  local values = redis.call('HMGET', STATE, unpack(NUMBERS))
  local stale = now >= (tonumber(values[#NUMBERS]) or 0)
  for i, name in ipairs(NUMBERS) do gate[name] = not stale and tonumber(values[i]) or 0 end
  values = redis.call('HMGET', STATE, unpack(TEXTS))
  for i, name in ipairs(TEXTS) do gate[name] = not stale and values[i] or '' end
end

local function write()
  gate.kept = math.max(now, gate.ends) + KEPT
  local fields = {}
  for _, name in ipairs(TEXTS) do
    fields[#fields + 1] = name
    fields[#fields + 1] = gate[name]
  end
  for _, name in ipairs(NUMBERS) do
    fields[#fields + 1] = name
    fields[#fields + 1] = string.format('%.17g', gate[name])
  end
  redis.call('HSET', STATE, unpack(fields))
  redis.call('PEXPIRE', STATE, gate.kept - now)
end

local function note(key, token, score, lasts)
  redis.call('ZADD', key, score, token)
  redis.call('PEXPIRE', key, lasts)
end

local function shut(cause, lasts, reason)
  local stands = gate.cause ~= '' and now < gate.ends and cause ~= 'operator'
  if stands and gate.cause == 'operator' then return 0 end
  local ends = now + lasts
  local renames = not stands or cause == 'account' or (gate.cause ~= 'account' and ends > gate.ends)
  gate.ends = stands and math.max(ends, gate.ends) or ends
  if not renames then return 0 end
  local same = gate.cause == cause
  gate.cause, gate.reason = cause, reason
  if cause == 'operator' then gate.probe = '' end
  if same then return stands and 0 or 2 end
  return 1
end

local function open()
  gate.cause, gate.reason, gate.probe, gate.verdicts, gate.ends, gate.row = '', '', '', '', 0, 0
  gate.era = math.max(now, gate.era + 1)
end

local operations = {}

function operations.enter(token, hold, parallel, per_minute, retry, resumed)
  hold, parallel, per_minute = tonumber(hold), tonumber(parallel), tonumber(per_minute)
  local fresh, retries = resumed == '0', retry == '1' and resumed == '0'
  local closed = gate.cause ~= '' and now < gate.ends
  if closed and (fresh or gate.cause == 'operator') then return {gate.cause, gate.ends - now} end
  local probes = gate.cause ~= '' and fresh
  if probes and gate.probe ~= '' and now < gate.probe_ends then
    return {gate.cause, math.min(gate.probe_ends - now, PROBE_WAIT)}
  end
  redis.call('ZREMRANGEBYSCORE', CALLS, '-inf', now - MINUTE)
  redis.call('ZREMRANGEBYSCORE', RETRIES, '-inf', now - MINUTE)
  redis.call('ZREMRANGEBYSCORE', PLACES, '-inf', now)
  if retries and redis.call('ZCARD', RETRIES) + 1 > math.max((redis.call('ZCARD', CALLS) + 1) / 2, RETRY_FLOOR) then
    local oldest = redis.call('ZRANGE', RETRIES, 0, 0, 'WITHSCORES')
    return {'retries', math.min(tonumber(oldest[2]) + MINUTE - now, RETRY_WAIT)}
  end
  if parallel > 0 and redis.call('ZCARD', PLACES) >= parallel then return {'parallel', PARALLEL_WAIT} end
  if fresh and per_minute > 0 then
    local interval = MINUTE / per_minute
    local burst = math.floor(per_minute / 20) * interval
    local tat = math.min(math.max(gate.tat, now), now + burst + interval)
    if tat - now > burst then return {'rate', math.ceil(tat - burst - now)} end
    gate.tat = tat + interval
  end
  note(PLACES, token, now + hold, hold)
  if fresh then note(CALLS, token, now, MINUTE) end
  if retries then note(RETRIES, token, now, MINUTE) end
  if probes then gate.probe, gate.probe_ends = token, now + hold end
  if probes or (fresh and per_minute > 0) then write() end
  return {'', gate.era, probes and 1 or 0}
end

function operations.leave(token, era, kind, lasts, reason)
  redis.call('ZREM', PLACES, token)
  local probe = gate.probe == token
  if probe then gate.probe = '' end
  local counts = probe or (gate.cause == '' and (era == '' or tonumber(era) == gate.era))
  local news = 0
  if kind == 'account' or kind == 'busy' then
    local late = gate.cause ~= '' and not (kind == 'account' and gate.cause == 'account')
    if counts or late then news = shut(kind, tonumber(lasts), reason) end
  elseif counts and kind == 'failure' then
    gate.row, gate.verdicts = gate.row + 1, string.sub(gate.verdicts .. '1', -WINDOW)
    local _, failures = string.gsub(gate.verdicts, '1', '')
    if probe or gate.row >= ROW or failures >= FAILURES then news = shut('outage', tonumber(lasts), reason) end
  elseif counts and (kind == 'answer' or kind == 'running') then
    if kind == 'answer' then gate.row, gate.verdicts = 0, string.sub(gate.verdicts .. '0', -WINDOW) end
    if probe and now >= gate.ends then
      open()
      news = 3
    end
  end
  if probe or kind ~= '' then write() end
  return {news}
end

function operations.close(cause, lasts, reason)
  local news = shut(cause, tonumber(lasts), reason)
  write()
  return {news}
end

function operations.open()
  open()
  write()
  return {3}
end

function operations.look()
  local since = string.format('(%.0f', now - MINUTE)
  return {
    gate.cause, gate.ends, gate.reason, gate.row, now, redis.call('ZCOUNT', PLACES, string.format('(%.0f', now), '+inf'),
    redis.call('ZCOUNT', CALLS, since, '+inf'), redis.call('ZCOUNT', RETRIES, since, '+inf'),
  }
end

function operations.forget()
  return {redis.call('DEL', STATE, PLACES, CALLS, RETRIES)}
end

read()
return operations[ARGV[1]](unpack(ARGV, 3))
