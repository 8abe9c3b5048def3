-- A topic was fetched: it is not due any more, unless somebody has pinged it since.
-- KEYS   pings (sorted set: topic -> when it is to be fetched, ms), what is queued (hash: topic -> topic)
-- ARGV   topic, end of the lease under which it was fetched (ms)
-- Gives  1 if it was forgotten.
if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or -1) ~= tonumber(ARGV[2]) then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return 1
