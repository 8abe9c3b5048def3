-- Let the oldest events of the ledger go; a payload stays as long as a delivery needs it.
-- KEYS   base
-- ARGV   events that are kept, most at once
-- Gives  how many went.
local base = KEYS[1]
local over = math.min(redis.call('ZCARD', base .. ':ledger') - tonumber(ARGV[1]), tonumber(ARGV[2]))
if over <= 0 then return 0 end
local popped = redis.call('ZPOPMIN', base .. ':ledger', over)
redis.call('SET', base .. ':trimmed', string.format('%.0f', tonumber(popped[#popped])))
for i = 1, #popped, 2 do
  local payload = base .. ':payload:' .. popped[i]
  if redis.call('EXISTS', payload) == 1 and redis.call('HINCRBY', payload, 'needed', -1) <= 0 then
    redis.call('DEL', payload)
  end
end
return over
