-- A consumer that leaves hands back what it read and did not finish; others may take it over at once.
-- KEYS   stream, failures
-- ARGV   group, consumer, most entries
-- Gives  how many it handed back. A delivery that was never tried does not count as one.
local stream, failures, group, consumer = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local pending = redis.call('XPENDING', stream, group, '-', '+', ARGV[3], consumer)
for _, held in ipairs(pending) do
  local entry, count = held[1], held[4]
  if redis.call('HEXISTS', failures, entry) == 0 then count = math.max(count - 1, 0) end
  redis.call('XCLAIM', stream, group, consumer, 0, entry, 'IDLE', 86400000, 'RETRYCOUNT', count, 'JUSTID')
end
if #pending == 0 then redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer) end
return #pending
