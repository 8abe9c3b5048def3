-- Entries whose consumer has been silent for too long, taken over by another.
-- KEYS   stream, failures
-- ARGV   group, consumer, least idle time in ms, most entries
-- Gives  a list of {entry id, deliveries including this one, fields, last error or ''}.
-- Entries that came back once already are taken one at a time: whichever of a batch brings its consumer down is then
-- alone in its batch, and its neighbours are not buried with it.
local stream, failures, group, consumer = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local idle = redis.call('XPENDING', stream, group, 'IDLE', ARGV[3], '-', '+', ARGV[4])
local fresh, suspects, deliveries = {}, {}, {}
for _, pending in ipairs(idle) do
  local entry, count = pending[1], pending[4]
  deliveries[entry] = count + 1
  if #redis.call('XRANGE', stream, entry, entry) == 0 then
    redis.call('XACK', stream, group, entry)  -- trimmed by hand or deleted: nothing is left to deliver
  elseif count < 2 then fresh[#fresh + 1] = entry
  else suspects[#suspects + 1] = entry end
end
local wanted = #fresh > 0 and fresh or {suspects[1]}
if #wanted == 0 then return {} end

local taken = {}
for _, claimed in ipairs(redis.call('XCLAIM', stream, group, consumer, ARGV[3], unpack(wanted))) do
  if claimed then
    local entry = claimed[1]
    taken[#taken + 1] = {entry, deliveries[entry], claimed[2], redis.call('HGET', failures, entry) or ''}
  end
end
return taken
