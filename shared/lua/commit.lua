-- What a batch of events causes, together with its acknowledgement: each step all or nothing, exactly once.
-- KEYS   stream, done, and the fence if there is one
-- ARGV   group, expected, next, number of steps; then for each step:
--        entry id ('' acknowledges nothing), mark, guard key ('' for none), guard field, guard version,
--        number of commands; then for each command: number of words, words...
-- Gives  one word for each step: applied | repeat | stale; or the single word 'fenced', and then nothing has happened.
-- Stops with the error of the first command that fails. The steps before it stand; it and the later ones are neither
-- marked nor acknowledged, and the same call may be made again.
local stream, done, fence = KEYS[1], KEYS[2], KEYS[3]
local group = ARGV[1]
if fence and (redis.call('GET', fence) or '') ~= ARGV[2] then return {'fenced'} end

local at = 5
local function take()
  at = at + 1
  return ARGV[at - 1]
end

local function verdict_on(entry, mark, key, field, version)
  if entry ~= '' and redis.call('ZSCORE', done, mark) then return 'repeat' end
  local stored = key ~= '' and redis.call('HGET', key, field)
  if stored and tonumber(stored) >= tonumber(version) then return 'stale' end
  return 'applied'
end

-- A mark says that this group is through with the event; it lives as long as the entry could be read again (trim.lua).
-- Marks and entries can be counted against each other: an event that was laid down twice is marked by its second entry too,
-- an entry that was merely delivered twice is not. A mark's score is its entry's place: ms, and the number in it as a fraction.
local function acknowledge(entry, mark, verdict)
  local ms, number = string.match(entry, '^(%d+)-(%d+)$')
  local place = ms + number / 4096
  local score = string.format('%.17g', place)
  if verdict ~= 'repeat' then redis.call('ZADD', done, score, mark)
  elseif tonumber(redis.call('ZSCORE', done, mark)) ~= place then redis.call('ZADD', done, score, entry) end
  redis.call('XACK', stream, group, entry)
end

local verdicts = {}
for step = 1, tonumber(ARGV[4]) do
  local entry, mark, key, field, version = take(), take(), take(), take(), take()
  local verdict = verdict_on(entry, mark, key, field, version)
  for _ = 1, tonumber(take()) do
    local words = tonumber(take())
    if verdict == 'applied' then
      local reply = redis.pcall(unpack(ARGV, at, at + words - 1))
      if type(reply) == 'table' and reply.err then return redis.error_reply(reply.err) end
    end
    at = at + words
  end
  if verdict == 'applied' and key ~= '' then redis.call('HSET', key, field, version) end
  if entry ~= '' then acknowledge(entry, mark, verdict) end
  verdicts[step] = verdict
end
if fence then redis.call('SET', fence, ARGV[3]) end
return verdicts
