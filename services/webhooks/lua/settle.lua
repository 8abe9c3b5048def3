-- Write down how attempts ended. Runs behind drop.lua.
-- KEYS   base
-- ARGV   now (ms), settled deliveries that are kept for each partner, attempts that are kept for each delivery;
--        then for each attempt: delivery, lease, state (waiting | delivered | gave_up), due (ms),
--        the attempt as JSON ('' if none was made: the lease is handed back)
-- Gives  1 for each that was written, 0 for each whose lease is no longer the newest or whose delivery is settled or gone:
--        a late one can neither bring a delivery back nor end somebody else's attempt.
local base, now, kept, tries = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local function count(record, attempt)
  local made = redis.call('HINCRBY', record, 'made', 1)
  redis.call('HINCRBY', record, 'attempt', 1)
  redis.call('HSET', record, 'try:' .. made, attempt)
  if made > tries then redis.call('HDEL', record, 'try:' .. (made - tries)) end
end

local function close(partner, id)
  local settled = base .. ':settled:' .. partner
  redis.call('ZREM', base .. ':due:' .. partner, id)
  redis.call('ZADD', settled, now, id)
  while redis.call('ZCARD', settled) > kept do drop(base, redis.call('ZPOPMIN', settled)[1]) end
end

local written = {}
for i = 4, #ARGV, 5 do
  local id, lease, state, due, attempt = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  local record = base .. ':delivery:' .. id
  local known = redis.call('HMGET', record, 'state', 'lease', 'partner')
  local holds = known[1] == 'attempting' and known[2] == lease
  if holds then
    redis.call('HSET', record, 'state', state)
    if attempt ~= '' then count(record, attempt) end
    if state == 'waiting' then
      redis.call('ZADD', base .. ':due:' .. known[3], due, id)
    else
      close(known[3], id)
    end
  end
  written[#written + 1] = holds and 1 or 0
end
return written
