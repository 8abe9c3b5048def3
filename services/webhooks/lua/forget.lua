-- Forget deliveries of a partner that was removed. Runs behind drop.lua.
-- KEYS   base
-- ARGV   partner, most deliveries at once
-- Gives  how many are left.
local base, partner = KEYS[1], ARGV[1]
local log, due, settled = base .. ':log:' .. partner, base .. ':due:' .. partner, base .. ':settled:' .. partner
for _, id in ipairs(redis.call('ZRANGE', log, 0, tonumber(ARGV[2]) - 1)) do
  redis.call('ZREM', due, id)
  redis.call('ZREM', settled, id)
  drop(base, id)
  redis.call('ZREM', log, id)
end
local left = redis.call('ZCARD', log)
if left == 0 then redis.call('DEL', due, settled) end
return left
