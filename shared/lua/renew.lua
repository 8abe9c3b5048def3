-- A consumer that is still at work says so: the idle time of what it holds begins anew, the delivery count stays.
-- KEYS   stream
-- ARGV   group, consumer, entry ids...
-- Gives  how many of them it still holds; one that was taken over in the meantime is not taken back.
local stream, group, consumer = KEYS[1], ARGV[1], ARGV[2]
local held = {}
for i = 3, #ARGV do
  local pending = redis.call('XPENDING', stream, group, ARGV[i], ARGV[i], 1, consumer)
  if #pending == 1 then held[#held + 1] = ARGV[i] end
end
if #held == 0 then return 0 end
local words = {'XCLAIM', stream, group, consumer, 0, unpack(held)}  -- behind the ids, unpack would give only the first
words[#words + 1] = 'JUSTID'
redis.call(unpack(words))
return #held
