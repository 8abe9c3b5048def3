-- A dead letter goes back onto the stream that it came from, for the group that buried it.
-- KEYS   dead letters, stream, done
-- ARGV   id of the dead letter
-- Gives  the new entry's id, or '' if the dead letter is not there (any more).
local dead, stream, done = KEYS[1], KEYS[2], KEYS[3]
local letter = redis.call('XRANGE', dead, ARGV[1], ARGV[1])[1]
if not letter then return '' end
local words = {}
for i = 1, #letter[2], 2 do
  local name, value = letter[2][i], letter[2][i + 1]
  if name == 'dead:mark' then redis.call('ZREM', done, value)
  elseif string.sub(name, 1, 5) ~= 'dead:' then words[#words + 1] = name; words[#words + 1] = value end
end
if #words == 0 then return '' end
redis.call('XDEL', dead, ARGV[1])
return redis.call('XADD', stream, '*', unpack(words))
