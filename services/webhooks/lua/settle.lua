-- Write down how attempts ended. Runs behind drop.lua and line.lua.
-- KEYS   base
-- ARGV   now (ms), settled deliveries that are kept for each lane, dead ones that are kept, attempts kept for each delivery;
--        then for each attempt: delivery, lane, lease, state (waiting | delivered | gave_up), due (ms), cause of the failure ('' for none),
--        ms until which the whole lane is to rest (0), 1 if it is to go more slowly,
--        the attempt as JSON ('' if none was made: the lease is handed back)
-- Gives  1 for each that was written, 0 for each whose lease is no longer the newest or whose delivery is settled or gone:
--        a late one can neither bring a delivery back nor end somebody else's attempt.
local base, now, tries = KEYS[1], ARGV[1], tonumber(ARGV[4])
local kept = {delivered = tonumber(ARGV[2]), gave_up = tonumber(ARGV[3])}
local touched, well, ill = {}, {}, {}

local function write(record, known, state, cause, attempt)
  local words = {'state', state}
  if cause ~= '' then words[3], words[4] = 'cause', cause end
  if attempt ~= '' then
    local made = tonumber(known[6] or 0) + 1
    for _, word in ipairs({'made', made, 'attempt', tonumber(known[7] or 0) + 1, 'try:' .. made, attempt}) do
      words[#words + 1] = word
    end
    if made > tries then redis.call('HDEL', record, 'try:' .. (made - tries)) end
  end
  redis.call('HSET', record, unpack(words))
end

local function close(lane, id, state)
  local place = base .. (state == 'gave_up' and ':dead:' or ':settled:') .. lane
  redis.call('ZADD', place, now, id)
  if redis.call('ZCARD', place) > kept[state] then drop(base, redis.call('ZPOPMIN', place)[1]) end
end

local function close_others(lane, record, id, state, cause)
  for other in string.gmatch(redis.call('HGET', record, 'with') or '', '%S+') do
    local theirs = base .. ':delivery:' .. other
    if redis.call('HGET', theirs, 'leader') == id and redis.call('HGET', theirs, 'state') == 'together' then
      redis.call('HSET', theirs, 'state', state, 'cause', cause)
      close(lane, other, state)
    end
  end
end

local function slow(lane, rest, slower)
  local pace = base .. ':pace:' .. lane
  if tonumber(rest) > tonumber(redis.call('HGET', pace, 'until') or 0) then redis.call('HSET', pace, 'until', rest) end
  if slower ~= '1' then return end
  local last = tonumber(redis.call('HGET', pace, 'slowed') or 0)
  if tonumber(now) - last < 1000 then return end
  local level = math.min(6, tonumber(redis.call('HGET', pace, 'level') or 0) + 1)
  redis.call('HSET', pace, 'level', level, 'slowed', now)
end

local written = {}
for i = 5, #ARGV, 9 do
  local id, lane, lease, state, due, cause = unpack(ARGV, i, i + 5)
  local record = base .. ':delivery:' .. id
  local known = redis.call('HMGET', record, 'state', 'lease', 'event', 'line', 'with', 'made', 'attempt')
  local holds = known[1] == 'attempting' and known[2] == lease
  if holds then
    touched[lane] = true
    local ours = redis.call('ZREM', base .. ':held:' .. lane, id) == 1
    if not ours then redis.call('ZREM', base .. ':due:' .. lane, id) end  -- its lease had ended, and nobody took it since
    if ARGV[i + 8] ~= '' then
      if state == 'delivered' then well[lane] = true else ill[lane] = true end
    end
    if ARGV[i + 6] ~= '0' or ARGV[i + 7] == '1' then slow(lane, ARGV[i + 6], ARGV[i + 7]) end
    write(record, known, state, cause, ARGV[i + 8])
    if state == 'waiting' then
      redis.call('ZADD', base .. ':due:' .. lane, due, id)
    else
      if known[4] then advance(base, lane, id, known[3], now) end
      if known[5] then close_others(lane, record, id, state, cause) end
      close(lane, id, state)
    end
  end
  written[#written + 1] = holds and 1 or 0
end

local function recovered(lane)
  local pace = base .. ':pace:' .. lane
  local known = redis.call('HMGET', pace, 'failing', 'level', 'slowed')
  if known[1] then redis.call('HDEL', pace, 'failing') end
  if tonumber(known[2] or 0) > 0 and tonumber(now) - tonumber(known[3] or 0) >= 1000 then
    redis.call('HSET', pace, 'level', tonumber(known[2]) - 1, 'slowed', now)
  end
end

for lane in pairs(touched) do
  if well[lane] then
    recovered(lane)
  elseif ill[lane] then
    redis.call('HSETNX', base .. ':pace:' .. lane, 'failing', now)
  end
  redis.call('ZADD', base .. ':lanes', 'LT', now, lane)
end
return written
