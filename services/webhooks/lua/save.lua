-- Change a partner, if nobody else did in the meantime.
-- KEYS   partners, their revision, removed partners
-- ARGV   id, the JSON that stands there now ('' for none), the new JSON ('' removes), now (s)
-- Gives  1 if changed, 0 if something else stood there.
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('ZADD', KEYS[3], ARGV[4], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
  redis.call('ZREM', KEYS[3], ARGV[1])
end
redis.call('INCR', KEYS[2])
return 1
