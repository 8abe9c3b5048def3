-- Change a subscription, if nobody else did in the meantime.
-- KEYS   base
-- ARGV   id, the JSON that stands there now ('' for none), the new JSON ('' removes), lane, topic's id, topic, end of the lease (ms)
-- Gives  1 if changed, 0 if something else stood there.
local base, id, after, lane, topic = KEYS[1], ARGV[1], ARGV[3], ARGV[4], ARGV[5]
if (redis.call('HGET', base .. ':subscriptions', id) or '') ~= ARGV[2] then return 0 end
local listeners = base .. ':listeners:' .. topic
if after == '' then
  redis.call('HDEL', base .. ':subscriptions', id)
  redis.call('ZREM', base .. ':leases', id)
  redis.call('ZREM', listeners, lane)
  redis.call('SADD', base .. ':removed', lane)
  if redis.call('EXISTS', listeners) == 0 then
    redis.call('HDEL', base .. ':topics', topic)
    redis.call('HDEL', base .. ':relisted', topic)
    redis.call('DEL', base .. ':moves:' .. topic)
  end
else
  redis.call('HSET', base .. ':subscriptions', id, after)
  redis.call('ZADD', base .. ':leases', ARGV[7], id)
  redis.call('ZADD', listeners, 0, lane)
  redis.call('HSET', base .. ':topics', topic, ARGV[6])
end
redis.call('ZADD', base .. ':changed', redis.call('INCR', base .. ':revision'), id)
return 1
