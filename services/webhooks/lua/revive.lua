-- Set before the scripts that send deliveries again, under the same webhook-id.
-- revive(base, lane, id, now): a settled one from the beginning of the schedule, a waiting one at once.
-- Gives  resent | hurried | attempting (it is under way, nothing to do) | unknown
local function revive(base, lane, id, now)
  local record = base .. ':delivery:' .. id
  local known = redis.call('HMGET', record, 'state', 'partner', 'leader')
  if known[2] ~= lane then return 'unknown' end
  if known[1] == 'together' or redis.call('HEXISTS', base .. ':taking:' .. lane, id) == 1 then return 'attempting' end
  redis.call('ZADD', base .. ':lanes', 'LT', now, lane)
  if not known[1] or known[1] == 'waiting' or known[1] == 'attempting' then
    local due = redis.call('ZSCORE', base .. ':due:' .. lane, id)
    -- One that waits behind another about the same document ('inf') goes when that one is through.
    if due and due ~= 'inf' then redis.call('ZADD', base .. ':due:' .. lane, now, id) end
    return 'hurried'
  end
  redis.call('HSET', record, 'state', 'waiting', 'attempt', 0)
  redis.call('HDEL', record, 'line', 'with', 'leader', 'cause')
  redis.call('ZREM', base .. ':settled:' .. lane, id)
  redis.call('ZREM', base .. ':dead:' .. lane, id)
  redis.call('ZADD', base .. ':due:' .. lane, now, id)
  return 'resent'
end
