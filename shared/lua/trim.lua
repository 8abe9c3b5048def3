-- Drops what every group has acknowledged and what is older than the retention; never anything that some group has yet to see.
-- KEYS   stream, done
-- ARGV   group that must exist, retention in ms, silence in ms after which an idle consumer is forgotten
-- Gives  how many entries were dropped.
local function fields(flat)
  local map = {}
  for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
  return map
end

local function split(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(seq)
end

local function older(a, b)
  local a_ms, a_seq = split(a)
  local b_ms, b_seq = split(b)
  return a_ms < b_ms or (a_ms == b_ms and a_seq < b_seq)
end

local stream, done = KEYS[1], KEYS[2]
if redis.call('EXISTS', stream) == 0 then return 0 end

local now = redis.call('TIME')
local keep = string.format('%.0f-0', tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000) - tonumber(ARGV[2]))
local present = false
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local group = fields(flat)
  if group.name == ARGV[1] then present = true end
  local pending = redis.call('XPENDING', stream, group.name)
  local ms, seq = split(group['last-delivered-id'])
  local frontier = pending[1] > 0 and pending[2] or string.format('%.0f-%.0f', ms, seq + 1)
  if older(frontier, keep) then keep = frontier end
end
if not present then return 0 end  -- a group that was destroyed comes back at 0 and must find its entries

for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', stream, ARGV[1])) do
  local consumer = fields(flat)
  if consumer.pending == 0 and consumer.idle > tonumber(ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', stream, ARGV[1], consumer.name)
  end
end

local dropped = redis.call('XTRIM', stream, 'MINID', keep)
local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
if first then
  -- A mark's score is its entry's place (commit.lua); beyond 4096 in a millisecond places are no longer told apart, and marks stay for longer.
  local ms, seq = split(first[1])
  local place = seq < 4096 and string.format('%.17g', ms + seq / 4096) or string.format('%.0f', ms)
  redis.call('ZREMRANGEBYSCORE', done, '-inf', '(' .. place)
else redis.call('DEL', done) end
return dropped
