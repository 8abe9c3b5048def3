-- An entry that will never do goes to the dead letters with the reason, and the stream moves on.
-- KEYS   stream, done, dead letters, failures
-- ARGV   group, entry id, mark, stage, error, deliveries, time in ms
-- Gives  1, or 0 if the entry was settled by somebody else.
-- Our own facts are fields named dead:...; every other field is the original entry's, byte for byte. Lua cannot name more than some
-- 8,000 words in one command (LUAI_MAXCSTACK): of an entry with more the first ones are kept, and dead:fields says how many there were.
local MOST_WORDS = 7000
local stream, done, dead, failures = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local group, entry = ARGV[1], ARGV[2]
if redis.call('XACK', stream, group, entry) == 0 then return 0 end
redis.call('HDEL', failures, entry)
local ms, number = string.match(entry, '^(%d+)-(%d+)$')
redis.call('ZADD', done, string.format('%.17g', ms + number / 4096), ARGV[3])  -- as in commit.lua
local original = redis.call('XRANGE', stream, entry, entry)[1]
local words = original and original[2] or {}
redis.call('XADD', dead, '*', 'dead:stream', stream, 'dead:group', group, 'dead:entry', entry, 'dead:mark', ARGV[3],
  'dead:stage', ARGV[4], 'dead:error', ARGV[5], 'dead:deliveries', ARGV[6], 'dead:at', ARGV[7],
  'dead:fields', #words / 2, unpack(words, 1, math.min(#words, MOST_WORDS)))
return 1
