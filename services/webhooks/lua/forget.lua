-- Forget deliveries of a lane that was removed. Runs behind drop.lua.
-- KEYS   base
-- ARGV   lane, most deliveries at once
-- Gives  how many are left.
local base, lane = KEYS[1], ARGV[1]
local log = base .. ':log:' .. lane
local places = {}
for i, name in ipairs({'fresh', 'due', 'held', 'settled', 'dead'}) do places[i] = base .. ':' .. name .. ':' .. lane end
for _, id in ipairs(redis.call('ZRANGE', log, 0, tonumber(ARGV[2]) - 1)) do
  for _, place in ipairs(places) do redis.call('ZREM', place, id) end
  drop(base, id)
  redis.call('ZREM', log, id)
end
local left = redis.call('ZCARD', log)
if left == 0 then
  redis.call('DEL', base .. ':pace:' .. lane, base .. ':told:' .. lane, base .. ':taking:' .. lane, unpack(places))
  redis.call('ZREM', base .. ':lanes', lane)
end
return left
