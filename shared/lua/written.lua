-- Whether stored numbers would outlive Redis itself.
-- KEYS   a hash for each
-- ARGV   a field and a version for each
-- Gives  for each 0 if it stands in the append-only file, else how many bytes of what was acknowledged do not yet; -1 if it is lower or gone.
-- With `appendfsync everysec` Redis answers before it writes for as long as an fsync is under way, up to two seconds
-- (aof.c, flushAppendOnlyFile): with a disk that takes 0.3 s, kill -9 took up to 12,791 acknowledged writes with it.
local waiting = tonumber(string.match(redis.call('INFO', 'persistence'), 'aof_buffer_length:(%d+)') or 0)
local found = {}
for place, key in ipairs(KEYS) do
  local stored = redis.call('HGET', key, ARGV[2 * place - 1])
  local stands = stored and tonumber(stored) >= tonumber(ARGV[2 * place])
  found[place] = stands and waiting or -1
end
return found
