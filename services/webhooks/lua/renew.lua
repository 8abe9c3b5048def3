-- Keep the leases of attempts that take longer.
-- KEYS   base
-- ARGV   new end of the lease (ms); then for each attempt: delivery, lane, taking
-- Gives  how many were still ours.
local base, kept = KEYS[1], 0
for i = 2, #ARGV, 3 do
  if redis.call('HGET', base .. ':taking:' .. ARGV[i + 1], ARGV[i]) == ARGV[i + 2] then
    kept = kept + redis.call('ZADD', base .. ':held:' .. ARGV[i + 1], 'XX', 'CH', ARGV[1], ARGV[i])
  end
end
return kept
