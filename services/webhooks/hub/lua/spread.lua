-- Make the deliveries of a payload, some subscribers at a time, so that nothing else waits for long; goes on where it ended. Runs behind drop.lua.
-- KEYS   base
-- ARGV   batch, now (ms), most at once, deliveries that may wait for one subscriber; beyond, the oldest are given up
-- Gives  how many were made, -1 if nothing is left to do.
local base, batch, now, most, bound = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local standing = redis.call('HGET', base .. ':spreading', batch)
if not standing then return -1 end
local payload = base .. ':payload:' .. batch
local topic, last = string.match(standing, '^(%S+) (.*)$')
local from = last == '' and '-' or '(' .. last
local lanes = redis.call('ZRANGEBYLEX', base .. ':listeners:' .. topic, from, '+', 'LIMIT', 0, most)
local due = {}
for i, lane in ipairs(lanes) do
  local id, fresh, later = batch .. '.' .. lane, base .. ':fresh:' .. lane, base .. ':due:' .. lane
  if redis.call('ZCARD', fresh) + redis.call('ZCARD', later) >= bound then
    local oldest = redis.call('ZPOPMIN', later)[1] or redis.call('ZPOPMIN', fresh)[1]
    drop(base, oldest)
  end
  redis.call('HSET', base .. ':delivery:' .. id, 'event', batch, 'partner', lane, 'created', now)
  redis.call('ZADD', fresh, now, id)
  redis.call('ZADD', base .. ':log:' .. lane, now, id)
  due[2 * i - 1], due[2 * i] = now, lane
end
if #lanes > 0 then
  redis.call('ZADD', base .. ':lanes', 'LT', unpack(due))
  redis.call('HINCRBY', payload, 'needed', #lanes)
end
if #lanes == most then
  redis.call('HSET', base .. ':spreading', batch, topic .. ' ' .. lanes[#lanes])
else
  redis.call('HDEL', base .. ':spreading', batch)
  if redis.call('HINCRBY', payload, 'needed', -1) <= 0 then redis.call('DEL', payload) end
end
return #lanes
