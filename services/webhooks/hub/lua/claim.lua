-- Take what is due of a queue; whoever takes it has it until the lease ends.
-- KEYS   queue (sorted set: name -> when it is due, ms), what is queued (hash: name -> JSON)
-- ARGV   now, end of the lease (ms), most
-- Gives  name, JSON, ...
local found = {}
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])) do
  local queued = redis.call('HGET', KEYS[2], name)
  if queued then
    redis.call('ZADD', KEYS[1], ARGV[2], name)
    found[#found + 1] = name
    found[#found + 1] = queued
  else
    redis.call('ZREM', KEYS[1], name)
  end
end
return found
