-- Send a delivery again, under the same webhook-id: a settled one from the beginning of the schedule, a waiting one at once.
-- KEYS   base
-- ARGV   partner, delivery, now (ms)
-- Gives  resent | hurried | attempting (it is under way, nothing to do) | unknown
local base, partner, id, now = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local record = base .. ':delivery:' .. id
local known = redis.call('HMGET', record, 'state', 'partner')
if known[2] ~= partner then return 'unknown' end
if known[1] == 'attempting' then return 'attempting' end
redis.call('ZADD', base .. ':due:' .. partner, now, id)
if known[1] == 'waiting' then return 'hurried' end
redis.call('HSET', record, 'state', 'waiting', 'attempt', 0)
redis.call('ZREM', base .. ':settled:' .. partner, id)
return 'resent'
