-- Set before the scripts that forget deliveries.
-- drop(base, id) forgets a delivery, and the event's payload with the last delivery that needs it.
local function drop(base, id)
  local record = base .. ':delivery:' .. id
  local known = redis.call('HMGET', record, 'event', 'partner')
  if not known[1] then return end
  redis.call('DEL', record)
  redis.call('ZREM', base .. ':log:' .. known[2], id)
  local payload = base .. ':payload:' .. known[1]
  if redis.call('EXISTS', payload) == 1 and redis.call('HINCRBY', payload, 'needed', -1) <= 0 then
    redis.call('DEL', payload)
  end
end
