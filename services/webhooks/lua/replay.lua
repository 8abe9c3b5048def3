-- Plan a page of a replay, if nobody else did. Runs behind revive.lua.
-- KEYS   base, the job
-- ARGV   cursor where the page begins, cursor behind it, now (ms), lane, '1' if it was the last page; then for each delivery: id, event
-- Gives  how many were planned, or -1 if the job has moved on.
local base, job, now, lane = KEYS[1], KEYS[2], ARGV[3], ARGV[4]
local known = redis.call('HMGET', job, 'cursor', 'state')
if known[1] ~= ARGV[1] or known[2] ~= 'running' then return -1 end
local planned = 0
for i = 6, #ARGV, 2 do
  local id, event = ARGV[i], ARGV[i + 1]
  local payload = base .. ':payload:' .. event
  if redis.call('EXISTS', base .. ':delivery:' .. id) == 1 then
    if revive(base, lane, id, now) == 'resent' then planned = planned + 1 end
  elseif redis.call('EXISTS', payload) == 1 then
    redis.call('HINCRBY', payload, 'needed', 1)
    redis.call('HSET', base .. ':delivery:' .. id, 'event', event, 'partner', lane, 'created', now)
    redis.call('ZADD', base .. ':due:' .. lane, now, id)
    redis.call('ZADD', base .. ':log:' .. lane, now, id)
    planned = planned + 1
  end
end
redis.call('HSET', job, 'cursor', ARGV[2])
redis.call('HINCRBY', job, 'sent', planned)
if ARGV[5] == '1' then redis.call('HSET', job, 'state', 'done', 'ended', now) end
redis.call('ZADD', base .. ':lanes', 'LT', now, lane)
return planned
