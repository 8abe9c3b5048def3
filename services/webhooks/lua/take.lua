-- Lease what is due: first attempts of all lanes, then retries. What is not settled when its lease ends is due again.
-- KEYS   base ('{namespace}:webhooks'); all other keys begin with it and so lie in its slot
-- ARGV   now, end of the lease (ms), most deliveries of all, stream and group whose order counts ('' for none), who takes;
--        then for each lane: id, room for it here, most at once everywhere, rate per second (0 for any), burst,
--        most in one message, ms that a message may wait to be filled, form of the body
-- Gives  the number of this taking: it grows, and who knows a delivery's newest one can settle it;
--        {lane, {id, event, attempts of this round, attempts ever, events sent along or 0 if nothing hangs on it, ...}, ...},
--        {event, kind, document, correlation, form, body, ...} (each once); of how many lanes more is due than there was room for;
--        how many take at present.
local base, now, lease_end, left = KEYS[1], tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local deliveries, payloads = base .. ':delivery:', base .. ':payload:'
local bodies, seen, ours = {}, {}, {}
-- Whole texts are large: a message for several is not filled beyond the first, and a lane is not given more at once than the second.
local MESSAGE_BYTES, LANE_BYTES = 1e6, 8e6
local taking
local horizon
local left_behind = 0

-- How many processes have taken something in the last two seconds, or tried to.
local function takers()
  local known = base .. ':takers'
  if redis.call('ZADD', known, now, ARGV[6]) == 1 then redis.call('ZREMRANGEBYSCORE', known, '-inf', now - 60000) end
  return redis.call('ZCOUNT', known, now - 2000, '+inf')
end

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

-- Hand out an event's body, each once; gives its bytes.
local function body_of(event, form)
  seen[form] = seen[form] or {}
  if seen[form][event] then return seen[form][event] end
  local wanted, payload = form, payloads .. event
  local found = redis.call('HMGET', payload, 'kind', 'document', 'correlation', form)
  local body = found[4]
  if not body then
    local other = redis.call('HMGET', payload, '2', 'body')
    form, body = '2', other[1] or other[2] or ''
  end
  local n = #bodies
  bodies[n + 1], bodies[n + 2], bodies[n + 3], bodies[n + 4] = event, found[1] or '', found[2] or '', found[3] or ''
  bodies[n + 5], bodies[n + 6] = form, body
  seen[wanted][event] = #body
  return #body
end

-- Whether another delivery about the same document goes first; then this one waits aside, or for a moment.
local function behind(lane, id, line, event, place)
  local document = redis.call('HGET', payloads .. event, 'document') or ''
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

-- The events that go along with a leader.
local function along(lane, list)
  local others = {}
  for other in string.gmatch(list, '%S+') do
    local event = redis.call('HGET', deliveries .. other, 'event')
    if event then
      others[#others + 1] = event
      lane.bytes = lane.bytes + body_of(event, lane.form)
    end
  end
  return others
end

-- The partner takes one event in a message now: each goes by itself.
local function part(lane, id, list)
  for other in string.gmatch(list, '%S+') do
    local theirs = deliveries .. other
    local known = redis.call('HMGET', theirs, 'leader', 'state')
    if known[1] == id and known[2] == 'together' then
      redis.call('HSET', theirs, 'state', 'waiting')
      redis.call('HDEL', theirs, 'leader')
      redis.call('ZADD', lane.due, now, other)
    end
  end
  redis.call('HDEL', deliveries .. id, 'with')
end

-- Note what of a place is to be leased; gives whether it leaves the place.
local function lease(lane, id, place)
  local known = redis.call('HMGET', deliveries .. id, 'state', 'event', 'attempt', 'made', 'line', 'with')
  -- A step that was done twice (commit.lua stopped half-way) can put a settled delivery back into the schedule, or one that is leased.
  local gone = not known[2] or (known[1] and known[1] ~= 'waiting' and known[1] ~= 'attempting')
  if gone or ours[id] then return true end
  if known[5] and behind(lane, id, known[5], known[2], place) then return false end
  local hangs = known[5] and {} or 0
  if known[6] and lane.most > 1 then hangs = along(lane, known[6]) elseif known[6] then part(lane, id, known[6]) end
  lane.bytes = lane.bytes + body_of(known[2], lane.form)
  ours[id] = true
  local found, n = lane.found, #lane.found
  found[n + 1], found[n + 2], found[n + 3], found[n + 4], found[n + 5] = id, known[2], tonumber(known[3] or 0), tonumber(known[4] or 0), hangs
  lane.holds[#lane.holds + 1] = id
  left = left - 1
  lane.free = lane.bytes < LANE_BYTES and lane.free - 1 or 0
  lane.sent = lane.sent + 1
  return true
end

-- Lease some of a place: what is written once for all of them.
local function lease_some(lane, ids, place)
  local leaving, before = {}, #lane.holds
  for _, id in ipairs(ids) do
    if lane.free <= 0 then break end
    if lease(lane, id, place) then leaving[#leaving + 1] = id end
  end
  if leaving[1] then redis.call('ZREM', place, unpack(leaving)) end
  if #lane.holds == before then return end
  taking = taking or string.format('%.0f', redis.call('INCR', base .. ':takings'))
  local held, words = {}, {}
  for i = before + 1, #lane.holds do
    held[#held + 1], held[#held + 2] = lease_end, lane.holds[i]
    words[#words + 1], words[#words + 2] = lane.holds[i], taking
  end
  redis.call('ZADD', lane.held, unpack(held))
  redis.call('HSET', lane.taking, unpack(words))
end

-- As many of the deliveries as fit into one message, and one in any case.
local function fitting(lane, ids)
  if string.sub(lane.form, -1) ~= 'f' then return ids end
  local size, found = 0, {}
  for _, id in ipairs(ids) do
    local event = redis.call('HGET', deliveries .. id, 'event') or ''
    size = size + redis.call('HSTRLEN', payloads .. event, lane.form)
    if found[1] and size > MESSAGE_BYTES then break end
    found[#found + 1] = id
  end
  return found
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
    local ids = fitting(lane, redis.call('ZRANGEBYSCORE', lane.fresh, '-inf', now, 'LIMIT', 0, lane.most))
    if not ids[1] then return end
    local leader = table.remove(ids, 1)
    if ids[1] then
      redis.call('HSET', deliveries .. leader, 'with', table.concat(ids, ' '))
      for _, id in ipairs(ids) do redis.call('HSET', deliveries .. id, 'state', 'together', 'leader', leader) end
      redis.call('ZREM', lane.fresh, unpack(ids))
    end
    lease_some(lane, {leader}, lane.fresh)
  end
end

local function lease_from(lane, place)
  for _ = 1, 20 do
    local most = math.min(left, lane.free)
    if most <= 0 then return end
    local ids = redis.call('ZRANGEBYSCORE', place, '-inf', now, 'LIMIT', 0, most)
    lease_some(lane, ids, place)
    if #ids < most then return end
  end
end

local function ends_of_leases(lane)
  local ids, words = redis.call('ZRANGEBYSCORE', lane.held, '-inf', now, 'LIMIT', 0, 500), {}
  if not ids[1] then return end
  for i, id in ipairs(ids) do words[2 * i - 1], words[2 * i] = now, id end
  redis.call('ZREM', lane.held, unpack(ids))
  redis.call('ZADD', lane.due, unpack(words))
end

-- How many may go now, by the places, the rate (GCRA: `tat` is when the next one is due at the even rate) and what the partner asked.
local function open(lane, most, rate, burst)
  local pace = redis.call('HMGET', lane.pace, 'tat', 'until', 'level')
  most = math.max(1, math.floor(most / 2 ^ tonumber(pace[3] or 0)))
  lane.free = math.min(lane.room, most - redis.call('ZCARD', lane.held))
  if tonumber(pace[2] or 0) > now then
    lane.free, lane.wake = 0, tonumber(pace[2])
  elseif rate > 0 then
    lane.interval = 1000 / rate
    lane.slack = math.max(burst, 1) * lane.interval
    lane.tat = math.max(tonumber(pace[1] or 0), now)
    -- A burst leads no further ahead, nor do clocks differ by a minute: one was set back, or the rate was another one.
    if lane.tat > now + lane.slack + 60000 then lane.tat = now end
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
for i = 7, #ARGV, 8 do
  local id = ARGV[i]
  if tonumber(redis.call('ZSCORE', base .. ':lanes', id) or math.huge) <= now then
    local lane = {id = id, room = tonumber(ARGV[i + 1]), sent = 0, bytes = 0, most = tonumber(ARGV[i + 5]),
      linger = tonumber(ARGV[i + 6]), form = ARGV[i + 7], found = {}, holds = {}}
    for _, name in ipairs({'fresh', 'due', 'held', 'pace', 'taking'}) do lane[name] = base .. ':' .. name .. ':' .. id end
    ends_of_leases(lane)
    open(lane, tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4]))
    lanes[#lanes + 1] = lane
  end
end
for _, lane in ipairs(lanes) do
  if lane.most > 1 then gather(lane) else lease_from(lane, lane.fresh) end
end
for _, lane in ipairs(lanes) do lease_from(lane, lane.due) end
local taken = {}
for _, lane in ipairs(lanes) do
  close(lane)
  if lane.found[1] then taken[#taken + 1], taken[#taken + 2] = lane.id, lane.found end
end
return {tonumber(taking or 0), taken, bodies, left_behind, takers()}
