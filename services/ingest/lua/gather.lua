-- What is in these buckets.
-- KEYS   a hash for each bucket
-- ARGV   a field for each bucket
-- Gives  for each bucket its value or nil.
local found = {}
for i = 1, #KEYS do found[i] = redis.call('HGET', KEYS[i], ARGV[i]) end
return found
