-- Write down how attempts ended. Runs behind drop.lua and line.lua.
-- KEYS   base
-- ARGV   now (ms), settled deliveries that are kept for each lane, dead ones that are kept, attempts kept for each delivery; then for each
--        lane: lane, how many; and for each attempt: delivery, taking, state (waiting | delivered | gave_up), attempts ever with this one,
--        the attempt as JSON ('' if none was made: the lease is handed back), and '' if it was delivered and nothing hangs on it, else
--        attempts of this round, due (ms), ms until which the whole lane is to rest (0), 1 if it is to go more slowly, 1 if another
--        delivery waits for it or goes with it, cause of the failure
-- Gives  how many were written: all but those whose lease is no longer the newest or whose delivery is settled or gone. A late one can
--        neither bring a delivery back nor end somebody else's attempt.
local base, now, tries = KEYS[1], ARGV[1], tonumber(ARGV[4])
local kept = {delivered = tonumber(ARGV[2]), gave_up = tonumber(ARGV[3])}
local places = {delivered = ':settled:', gave_up = ':dead:'}
local deliveries, needless = base .. ':delivery:', {}
local STRIDE = 6

-- Which of a lane's attempts still hold their delivery, by their place in ARGV; from here on nobody does.
local function release(lane, first, last)
  local ids, ours, released = {}, {}, {}
  for i = first, last, STRIDE do ids[#ids + 1] = ARGV[i] end
  local known = redis.call('HMGET', base .. ':taking:' .. lane, unpack(ids))
  for n, id in ipairs(ids) do
    local i = first + (n - 1) * STRIDE
    if known[n] == ARGV[i + 1] then
      ours[#ours + 1] = i
      released[#released + 1] = id
    end
  end
  if not released[1] then return ours end
  redis.call('HDEL', base .. ':taking:' .. lane, unpack(released))
  if redis.call('ZREM', base .. ':held:' .. lane, unpack(released)) < #released then
    redis.call('ZREM', base .. ':due:' .. lane, unpack(released))  -- a lease had ended, and nobody took it since
  end
  return ours
end

local function write(id, state, made, record, attempt, cause)
  local words = {'state', state}
  if cause ~= '' then words[3], words[4] = 'cause', cause end
  if record ~= '' then
    for _, word in ipairs({'made', made, 'try:' .. made, record}) do words[#words + 1] = word end
    if attempt then words[#words + 1], words[#words + 2] = 'attempt', attempt end
  end
  redis.call('HSET', deliveries .. id, unpack(words))
  if record ~= '' and tonumber(made) > tries then
    redis.call('HDEL', deliveries .. id, 'try:' .. (tonumber(made) - tries))
  end
end

local function end_linked(lane, id, state, cause, ended)
  local known = redis.call('HMGET', deliveries .. id, 'event', 'line', 'with')
  if known[2] then advance(base, lane, id, known[1], now) end
  for other in string.gmatch(known[3] or '', '%S+') do
    local theirs = deliveries .. other
    local follows = redis.call('HMGET', theirs, 'leader', 'state')
    if follows[1] == id and follows[2] == 'together' then
      redis.call('HSET', theirs, 'state', state, 'cause', cause)
      ended[#ended + 1] = other
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

local function settle(lane, i, ended)
  local id, _, state, made, record, more = unpack(ARGV, i, i + STRIDE - 1)
  if more == '' and made == '1' then
    redis.call('HSET', deliveries .. id, 'state', state, 'made', made, 'try:1', record)
    ended.delivered[#ended.delivered + 1] = id
    return
  elseif more == '' then
    write(id, state, made, record, nil, '')
    ended.delivered[#ended.delivered + 1] = id
    return
  end
  local attempt, due, rest, slower, linked, cause = string.match(more, '^(%d+) (%d+) (%d+) (%d) (%d) (.*)$')
  if rest ~= '0' or slower == '1' then slow(lane, rest, slower) end
  write(id, state, made, record, attempt, cause)
  if state == 'waiting' then
    redis.call('ZADD', base .. ':due:' .. lane, due, id)
    return
  end
  ended[state][#ended[state] + 1] = id
  if linked == '1' then end_linked(lane, id, state, cause, ended[state]) end
end

local function close(lane, ids, state)
  if not ids[1] then return end
  local place, words = base .. places[state] .. lane, {}
  for n, id in ipairs(ids) do words[2 * n - 1], words[2 * n] = now, id end
  redis.call('ZADD', place, unpack(words))
  local over = math.min(redis.call('ZCARD', place) - kept[state], 1000)
  if over <= 0 then return end
  drop_all(base, lane, redis.call('ZRANGE', place, 0, over - 1), needless)
  redis.call('ZREMRANGEBYRANK', place, 0, over - 1)
end

local function recovered(lane)
  local pace = base .. ':pace:' .. lane
  local known = redis.call('HMGET', pace, 'failing', 'level', 'slowed')
  if known[1] then redis.call('HDEL', pace, 'failing') end
  if tonumber(known[2] or 0) > 0 and tonumber(now) - tonumber(known[3] or 0) >= 1000 then
    redis.call('HSET', pace, 'level', tonumber(known[2]) - 1, 'slowed', now)
  end
end

-- A lane fails from its first failure on until something succeeds.
local function judge(lane, ours)
  local ill
  for _, i in ipairs(ours) do
    if ARGV[i + 2] == 'delivered' then return recovered(lane) end
    ill = ill or ARGV[i + 4] ~= ''
  end
  if ill then redis.call('HSETNX', base .. ':pace:' .. lane, 'failing', now) end
end

local written, touched, at = 0, {}, 5
while ARGV[at] do
  local lane, first = ARGV[at], at + 2
  local last = first + tonumber(ARGV[at + 1]) * STRIDE - 1
  local ended, ours = {delivered = {}, gave_up = {}}, release(lane, first, last)
  for _, i in ipairs(ours) do settle(lane, i, ended) end
  for state, ids in pairs(ended) do close(lane, ids, state) end
  if ours[1] then
    judge(lane, ours)
    touched[#touched + 1], touched[#touched + 2] = now, lane
  end
  written, at = written + #ours, last + 1
end
let_go(base, needless)
if touched[1] then redis.call('ZADD', base .. ':lanes', 'LT', unpack(touched)) end
return written
