-- What a batch of events causes, together with its acknowledgement: each step all or nothing, exactly once.
-- KEYS   stream, done, and the fence if there is one
-- ARGV   group, expected, next, number of steps; for each step: entry id ('' acknowledges nothing), mark; then for each step:
--        guard key ('' for none), guard field, guard version, number of claims, number of swaps, number of commands;
--        then for each claim, a swap that expects nothing: hash, field, next;
--        then for each swap: hash, field, expected ('' for nothing), next ('' for nothing);
--        then for each command: number of words, words...
-- Gives  one word for each step: applied | repeat | stale; or the single word 'fenced', and then nothing has happened.
-- Stops with the error of the first command that fails. The steps before it stand; it and the later ones are neither
-- marked nor acknowledged, and the same call may be made again.
-- Marks and acknowledgements are made for the whole batch at once: each command called from here costs a microsecond.
local stream, done, fence = KEYS[1], KEYS[2], KEYS[3]
local group, steps = ARGV[1], tonumber(ARGV[4])
local call, pcall = redis.call, redis.pcall
if fence and (call('GET', fence) or '') ~= ARGV[2] then return {'fenced'} end

local place_of, marks, acknowledged, asked = {}, {}, {}, {}
for i = 5, 4 + 2 * steps, 2 do
  if ARGV[i] ~= '' then asked[#asked + 1] = ARGV[i + 1] end
end
if #asked > 0 then
  for i, place in ipairs(call('ZMSCORE', done, unpack(asked))) do place_of[asked[i]] = place or nil end
end

local function verdict_on(entry, mark, key, field, version)
  if entry ~= '' and place_of[mark] then return 'repeat' end
  local stored = key ~= '' and call('HGET', key, field)
  if stored and tonumber(stored) >= tonumber(version) then return 'stale' end
  return 'applied'
end

-- Whether each of these fields held nothing, and is taken now; and the error of the first that cannot be. If not, all are as they were.
local function claimed(at, claims)
  for i = at, at + 3 * claims - 1, 3 do
    local reply = pcall('HSETNX', ARGV[i], ARGV[i + 1], ARGV[i + 2])
    if reply ~= 1 then
      for j = at, i - 1, 3 do call('HDEL', ARGV[j], ARGV[j + 1]) end
      return false, type(reply) == 'table' and reply.err or nil
    end
  end
  return true
end

-- Whether each of these fields holds what it is expected to hold; and the error of the first that cannot be read.
local function as_expected(at, swaps)
  for i = at, at + 4 * swaps - 1, 4 do
    local held = pcall('HGET', ARGV[i], ARGV[i + 1]) or ''
    if type(held) == 'table' then return false, held.err end
    if held ~= ARGV[i + 2] then return false end
  end
  return true
end

-- Gives the error of the first that fails.
local function swap(at, swaps)
  for i = at, at + 4 * swaps - 1, 4 do
    local hash, field, held, next = unpack(ARGV, i, i + 3)
    local reply
    if next == '' and held ~= '' then reply = pcall('HDEL', hash, field)
    elseif next ~= held then reply = pcall('HSET', hash, field, next) end
    if type(reply) == 'table' and reply.err then return reply.err end
  end
end

-- A mark says that this group is through with the event; it lives as long as the entry could be read again (trim.lua).
-- Marks and entries can be counted against each other: an event that was laid down twice is marked by its second entry too,
-- an entry that was merely delivered twice is not. A mark's score is its entry's place: ms, and the number in it as a fraction.
local function acknowledge(entry, mark)
  acknowledged[#acknowledged + 1] = entry
  local ms, number = string.match(entry, '^(%d+)-(%d+)$')
  local place = string.format('%.17g', ms + number / 4096)
  if not place_of[mark] then place_of[mark] = place
  elseif tonumber(place_of[mark]) == tonumber(place) then return
  else mark = entry end
  marks[#marks + 1] = place
  marks[#marks + 1] = mark
end

local function settle()
  if #marks > 0 then call('ZADD', done, unpack(marks)) end
  if #acknowledged > 0 then call('XACK', stream, group, unpack(acknowledged)) end
end

local verdicts, at = {}, 5 + 2 * steps
for step = 1, steps do
  local entry, mark = ARGV[3 + 2 * step], ARGV[4 + 2 * step]
  local key, field, version, claims, swaps, commands = unpack(ARGV, at, at + 5)
  at = at + 6
  local verdict = verdict_on(entry, mark, key, field, version)
  if claims ~= '0' or swaps ~= '0' then
    claims, swaps = tonumber(claims), tonumber(swaps)
    local expected, failed, behind = true, nil, at + 3 * claims
    if verdict == 'applied' then expected, failed = as_expected(behind, swaps) end
    if verdict == 'applied' and expected then expected, failed = claimed(at, claims) end
    if verdict == 'applied' and expected then failed = swap(behind, swaps) end
    if not expected then verdict = 'stale' end
    if failed then
      settle()
      return redis.error_reply(failed)
    end
    at = behind + 4 * swaps
  end
  for _ = 1, tonumber(commands) do
    local last = at + tonumber(ARGV[at])
    if verdict == 'applied' then
      local reply = pcall(unpack(ARGV, at + 1, last))
      if type(reply) == 'table' and reply.err then
        settle()
        return redis.error_reply(reply.err)
      end
    end
    at = last + 1
  end
  if verdict == 'applied' and key ~= '' then call('HSET', key, field, version) end
  if entry ~= '' then acknowledge(entry, mark) end
  verdicts[step] = verdict
end
settle()
if fence then call('SET', fence, ARGV[3]) end
return verdicts
