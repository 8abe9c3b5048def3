-- Lease what is due: each delivery taken becomes due again when its lease ends, so a crash only makes it late.
-- KEYS   base ('{namespace}:webhooks'); all other keys begin with it and so lie in its slot
-- ARGV   now, end of the lease (ms), most deliveries of all; then for each partner: id, most deliveries for it
-- Gives  {{id, partner, event, lease, attempts of this round, attempts ever, kind, document, correlation}...}, {event, body, ...}
--        (each event's body once). The lease number grows with every taking; only its holder can settle (settle.lua).
local base, now, lease_end, left = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local taken, bodies, seen = {}, {}, {}

local function body_of(event)
  if seen[event] then return end
  seen[event] = true
  bodies[#bodies + 1] = event
  bodies[#bodies + 1] = redis.call('HGET', base .. ':payload:' .. event, 'body') or ''
end

local function lease(due, partner, id)
  local record = base .. ':delivery:' .. id
  local known = redis.call('HMGET', record, 'state', 'event', 'attempt', 'made', 'kind', 'document', 'correlation')
  -- A step that was done twice (commit.lua stopped half-way) can put a settled delivery back into the schedule.
  if known[1] ~= 'waiting' and known[1] ~= 'attempting' then return redis.call('ZREM', due, id) end
  redis.call('ZADD', due, lease_end, id)
  redis.call('HSET', record, 'state', 'attempting')
  local number = redis.call('HINCRBY', record, 'lease', 1)
  taken[#taken + 1] = {id, partner, known[2], number, tonumber(known[3] or 0), tonumber(known[4] or 0),
    known[5] or '', known[6] or '', known[7] or ''}
  left = left - 1
  body_of(known[2])
end

for i = 4, #ARGV, 2 do
  if left <= 0 then break end
  local due = base .. ':due:' .. ARGV[i]
  local most = math.min(left, tonumber(ARGV[i + 1]))
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, most)) do lease(due, ARGV[i], id) end
end
return {taken, bodies}
