-- End the waiting of changes for each other: what is new in a topic becomes one payload, to be spread to its subscribers (spread.lua).
-- KEYS   base
-- ARGV   topic's id, batch, media type, topic, correlation, body ('' sends nothing), now (ms); then for each document: id, place
-- Gives  1 if done, 0 if one of the documents has changed since, or somebody else was faster.
local base, topic, batch, body, now = KEYS[1], ARGV[1], ARGV[2], ARGV[6], ARGV[7]
local waiting = base .. ':waiting:' .. topic
for i = 8, #ARGV, 2 do
  if tonumber(redis.call('ZSCORE', waiting, ARGV[i]) or -1) ~= tonumber(ARGV[i + 1]) then return 0 end
end
for i = 8, #ARGV, 2 do
  local wanting = base .. ':wanting:' .. ARGV[i]
  redis.call('ZREM', waiting, ARGV[i])
  redis.call('SREM', wanting, topic)
  if redis.call('EXISTS', wanting) == 0 then redis.call('DEL', base .. ':news:' .. ARGV[i]) end
end
if redis.call('EXISTS', waiting) == 1 then
  redis.call('ZADD', base .. ':batches', now, topic)
else
  redis.call('ZREM', base .. ':batches', topic)
end
if body ~= '' and redis.call('EXISTS', base .. ':listeners:' .. topic) == 1 then
  redis.call('HSET', base .. ':payload:' .. batch, 'needed', 1, 'kind', ARGV[3], 'document', ARGV[4], 'correlation', ARGV[5], '2', body)
  redis.call('HSET', base .. ':spreading', batch, topic .. ' ')
end
return 1
