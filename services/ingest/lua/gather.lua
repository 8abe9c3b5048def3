-- What is in these buckets, and the fence that holds as long as nobody has written to any of them.
-- KEYS   fence, a hash for each bucket
-- ARGV   a field for each bucket
-- Gives  the fence ('' for none), then for each bucket its value or nil.
local found = {redis.call('GET', KEYS[1]) or ''}
for i = 2, #KEYS do found[i] = redis.call('HGET', KEYS[i], ARGV[i - 1]) end
return found
