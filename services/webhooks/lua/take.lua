-- Lease what is due: first attempts of all lanes, then retries. What is not settled when its lease ends is due again.
-- KEYS   base ('{namespace}:webhooks'); all other keys begin with it and so lie in its slot
-- ARGV   now, end of the lease (ms), most deliveries of all, stream and group whose order counts ('' for none);
--        then for each lane: id, room for it here, most at once everywhere, rate per second (0 for any), burst,
--        most in one message, ms that a message may wait to be filled, form of the body
-- Gives  {{id, lane, event, lease, attempts of this round, attempts ever, kind, document, correlation, events sent along}...},
--        {event, form, body, ...} (each once), and of how many lanes more is due than there was room for. The lease number grows with every taking; only its holder can settle.
local base, now, lease_end, left = KEYS[1], tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local taken, bodies, seen, about = {}, {}, {}, {}
local horizon
local left_behind = 0

-- Up to here every event of the stream is planned: below the oldest pending entry, or up to the last one that was given out.
local function planned_up_to()
  if horizon then return horizon end
  horizon = math.huge
  if ARGV[4] == '' or redis.call('EXISTS', ARGV[4]) == 0 then return horizon end
  horizon = 0
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', ARGV[4])) do
    local group = {}
    for i = 1, #flat, 2 do group[flat[i]] = flat[i + 1] end
    if group['name'] == ARGV[5] then
      local last = group['last-delivered-id']
      if group['pending'] > 0 then last = redis.call('XPENDING', ARGV[4], ARGV[5])[2] end
      local ms, sequence = string.match(last, '(%d+)-(%d+)')
      horizon = tonumber(ms) * 1000 + math.min(tonumber(sequence), 999)
      if group['pending'] == 0 then horizon = horizon + 1 end
    end
  end
  return horizon
end

local function body_of(event, form)
  local name = event .. ' ' .. form
  if seen[name] then return end
  seen[name] = true
  local payload = base .. ':payload:' .. event
  local found = redis.call('HMGET', payload, form, '2', 'body')
  bodies[#bodies + 1] = event
  bodies[#bodies + 1] = found[1] and form or '2'
  bodies[#bodies + 1] = found[1] or found[2] or found[3] or ''
end

-- Whether another delivery about the same document goes first; then this one waits aside, or for a moment.
local function behind(lane, id, line, event, place)
  local document = redis.call('HGET', base .. ':payload:' .. event, 'document') or ''
  local head = redis.call('ZRANGE', base .. ':line:' .. lane.id .. ':' .. document, 0, 0)[1]
  if head and head ~= id then
    redis.call('ZREM', place, id)
    redis.call('ZADD', lane.due, '+inf', id)
    return true
  end
  if tonumber(line) < planned_up_to() then return false end
  redis.call('ZADD', place, now + 20, id)
  return true
end

local function along(lane, id, record)
  local others = {}
  local list = redis.call('HGET', record, 'with')
  for other in string.gmatch(list or '', '%S+') do
    local event = redis.call('HGET', base .. ':delivery:' .. other, 'event')
    if event then
      others[#others + 1] = event
      body_of(event, lane.form)
    end
  end
  return others
end

local function lease(lane, id, place)
  local record = base .. ':delivery:' .. id
  local known = redis.call('HMGET', record, 'state', 'event', 'attempt', 'made', 'line', 'lease')
  -- A step that was done twice (commit.lua stopped half-way) can put a settled delivery back into the schedule.
  if not known[2] or (known[1] and known[1] ~= 'waiting' and known[1] ~= 'attempting') then
    return redis.call('ZREM', place, id)
  end
  if known[5] and behind(lane, id, known[5], known[2], place) then return end
  redis.call('ZREM', place, id)
  redis.call('ZADD', lane.held, lease_end, id)
  local number, event = tonumber(known[6] or 0) + 1, known[2]
  redis.call('HSET', record, 'state', 'attempting', 'lease', number)
  about[event] = about[event] or redis.call('HMGET', base .. ':payload:' .. event, 'kind', 'document', 'correlation')
  body_of(event, lane.form)
  taken[#taken + 1] = {id, lane.id, event, number, tonumber(known[3] or 0), tonumber(known[4] or 0),
    about[event][1] or '', about[event][2] or '', about[event][3] or '', lane.most > 1 and along(lane, id, record) or {}}
  left = left - 1
  lane.free = lane.free - 1
  lane.sent = lane.sent + 1
end

-- One message for several: the first leads, and the others go where it goes.
local function gather(lane)
  local waiting = redis.call('ZCARD', lane.fresh)
  if waiting == 0 then return end
  local oldest = tonumber(redis.call('ZRANGE', lane.fresh, 0, 0, 'WITHSCORES')[2])
  if waiting < lane.most and oldest + lane.linger > now then
    lane.wake = oldest + lane.linger
    return
  end
  while lane.free > 0 and left > 0 do
    local ids = redis.call('ZRANGEBYSCORE', lane.fresh, '-inf', now, 'LIMIT', 0, lane.most)
    if not ids[1] then return end
    local leader = table.remove(ids, 1)
    if ids[1] then
      redis.call('HSET', base .. ':delivery:' .. leader, 'with', table.concat(ids, ' '))
      for _, id in ipairs(ids) do redis.call('HSET', base .. ':delivery:' .. id, 'state', 'together', 'leader', leader) end
      redis.call('ZREM', lane.fresh, unpack(ids))
    end
    lease(lane, leader, lane.fresh)
  end
end

local function lease_from(lane, place)
  for _ = 1, 20 do
    local most = math.min(left, lane.free)
    if most <= 0 then return end
    local ids = redis.call('ZRANGEBYSCORE', place, '-inf', now, 'LIMIT', 0, most)
    for _, id in ipairs(ids) do lease(lane, id, place) end
    if #ids < most then return end
  end
end

local function ends_of_leases(lane)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', lane.held, '-inf', now, 'LIMIT', 0, 500)) do
    redis.call('ZREM', lane.held, id)
    redis.call('ZADD', lane.due, now, id)
  end
end

-- How many may go now, by the places, the rate (GCRA: `tat` is when the next one is due at the even rate) and what the partner asked.
local function open(lane, most, rate, burst)
  local pace = redis.call('HMGET', lane.pace, 'tat', 'until', 'level')
  most = math.max(1, math.floor(most / 2 ^ tonumber(pace[3] or 0)))
  lane.free = math.min(lane.room, most - redis.call('ZCARD', lane.held))
  if tonumber(pace[2] or 0) > now then
    lane.free, lane.wake = 0, tonumber(pace[2])
  elseif rate > 0 then
    lane.interval, lane.tat = 1000 / rate, math.max(tonumber(pace[1] or 0), now)
    lane.slack = math.max(burst, 1) * lane.interval
    local allowed = math.floor((lane.slack - (lane.tat - now)) / lane.interval + 1e-6)
    if allowed < lane.free then lane.free, lane.paced = math.max(allowed, 0), true end
  end
end

local function first(place)
  return tonumber(redis.call('ZRANGE', place, 0, 0, 'WITHSCORES')[2] or math.huge)
end

-- When to look at the lane again: at its next due time or end of a lease, but not before its pace allows it.
local function close(lane)
  if lane.interval and lane.sent > 0 then
    lane.tat = lane.tat + lane.sent * lane.interval
    redis.call('HSET', lane.pace, 'tat', string.format('%.3f', lane.tat))
  end
  local ready = math.min(first(lane.fresh), first(lane.due))
  if lane.paced and lane.free <= 0 then
    ready = math.max(ready, lane.tat + lane.interval - lane.slack)
  elseif lane.wake then
    ready = math.max(ready, lane.wake)
  end
  local again = math.min(ready, first(lane.held))
  if ready <= now then left_behind = left_behind + 1 end
  if again == math.huge then
    redis.call('ZREM', base .. ':lanes', lane.id)
  else
    redis.call('ZADD', base .. ':lanes', again, lane.id)
  end
end

local lanes = {}
for i = 6, #ARGV, 8 do
  local id = ARGV[i]
  if tonumber(redis.call('ZSCORE', base .. ':lanes', id) or math.huge) <= now then
    local lane = {id = id, room = tonumber(ARGV[i + 1]), sent = 0, most = tonumber(ARGV[i + 5]),
      linger = tonumber(ARGV[i + 6]), form = ARGV[i + 7]}
    for _, name in ipairs({'fresh', 'due', 'held', 'pace'}) do lane[name] = base .. ':' .. name .. ':' .. id end
    ends_of_leases(lane)
    open(lane, tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4]))
    lanes[#lanes + 1] = lane
  end
end
for _, lane in ipairs(lanes) do
  if lane.most > 1 then gather(lane) else lease_from(lane, lane.fresh) end
end
for _, lane in ipairs(lanes) do lease_from(lane, lane.due) end
for _, lane in ipairs(lanes) do close(lane) end
return {taken, bodies, left_behind}
