-- Send what was given up again, the oldest first. Runs behind revive.lua.
-- KEYS   base
-- ARGV   lane, given up since, given up until, now (ms), most at once
-- Gives  how many were sent again.
local base, lane, sent = KEYS[1], ARGV[1], 0
for _, id in ipairs(redis.call('ZRANGEBYSCORE', base .. ':dead:' .. lane, ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[5])) do
  if revive(base, lane, id, ARGV[4]) == 'resent' then
    sent = sent + 1
  else
    redis.call('ZREM', base .. ':dead:' .. lane, id)
  end
end
return sent
