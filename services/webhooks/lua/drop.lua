-- Set before the scripts that forget deliveries.
-- drop_all(base, lane, ids, needless) forgets deliveries of a lane that have ended, at most 1,000 at once, and counts in `needless` how
-- many of each event; let_go(base, needless) then forgets each payload that nothing needs any more (the ledger is one that does);
-- drop(base, id) forgets one that may be waiting yet.
local function drop_all(base, lane, ids, needless)
  if not ids[1] then return end
  local records = {}
  for i, id in ipairs(ids) do
    records[i] = base .. ':delivery:' .. id
    local event = redis.call('HGET', records[i], 'event')
    if event then needless[event] = (needless[event] or 0) + 1 end
  end
  redis.call('DEL', unpack(records))
  redis.call('ZREM', base .. ':log:' .. lane, unpack(ids))
end

local function let_go(base, needless)
  for event, count in pairs(needless) do
    local payload = base .. ':payload:' .. event
    if redis.call('HINCRBY', payload, 'needed', -count) <= 0 then redis.call('DEL', payload) end
  end
end

local function drop(base, id)
  local known = redis.call('HMGET', base .. ':delivery:' .. id, 'event', 'partner', 'line')
  if not known[1] then return end
  if known[3] then
    local document = redis.call('HGET', base .. ':payload:' .. known[1], 'document') or ''
    redis.call('ZREM', base .. ':line:' .. known[2] .. ':' .. document, id)
  end
  -- Its lease may have ended without anybody taking it since: whoever held it must not settle what is gone.
  redis.call('HDEL', base .. ':taking:' .. known[2], id)
  local needless = {}
  drop_all(base, known[2], {id}, needless)
  let_go(base, needless)
end
