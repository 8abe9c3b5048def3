-- Set before the scripts that end deliveries.
-- advance(base, lane, id, event, now): a delivery of a lane that keeps each document's order has ended; the next one about the same
-- document may go.
local function advance(base, lane, id, event, now)
  local document = redis.call('HGET', base .. ':payload:' .. event, 'document') or ''
  local line = base .. ':line:' .. lane .. ':' .. document
  redis.call('ZREM', line, id)
  local next = redis.call('ZRANGE', line, 0, 0)[1]
  if next and redis.call('ZSCORE', base .. ':due:' .. lane, next) == 'inf' then
    redis.call('ZREM', base .. ':due:' .. lane, next)
    redis.call('ZADD', base .. ':fresh:' .. lane, now, next)
  end
end
