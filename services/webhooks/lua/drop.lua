-- Set before the scripts that forget deliveries.
-- drop(base, id) forgets a delivery, and the event's payload with the last one that needs it (the ledger is one of them).
local function drop(base, id)
  local record = base .. ':delivery:' .. id
  local known = redis.call('HMGET', record, 'event', 'partner', 'line')
  if not known[1] then return end
  redis.call('DEL', record)
  redis.call('ZREM', base .. ':log:' .. known[2], id)
  local payload = base .. ':payload:' .. known[1]
  if known[3] then
    redis.call('ZREM', base .. ':line:' .. known[2] .. ':' .. (redis.call('HGET', payload, 'document') or ''), id)
  end
  if redis.call('EXISTS', payload) == 1 and redis.call('HINCRBY', payload, 'needed', -1) <= 0 then
    redis.call('DEL', payload)
  end
end
