-- What stands of many articles, in one reply: to read as many replies one by one takes five times as long.
-- KEYS   fence, chronicle, changed, taxonomy, articles...
-- ARGV   number of the taxonomy's fields; these; the articles' fields
-- Gives  the fence, the last number of the chronicle, the newest change as (name, number), the taxonomy's fields, each article's fields.
local call, fields = redis.call, tonumber(ARGV[1])
local found = {
  call('GET', KEYS[1]),
  call('HGET', KEYS[2], 'last'),
  call('ZREVRANGE', KEYS[3], 0, 0, 'WITHSCORES'),
  call('HMGET', KEYS[4], unpack(ARGV, 2, 1 + fields)),
}
for i = 5, #KEYS do found[i] = call('HMGET', KEYS[i], unpack(ARGV, 2 + fields)) end
return found
