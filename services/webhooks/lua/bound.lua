-- Hold a lane's backlog to its bound: the oldest that wait are given up, with what goes along with them in one message, and can be
-- recovered from among the dead. Runs behind drop.lua and line.lua.
-- KEYS   base
-- ARGV   lane, bound, now (ms), most at once, dead ones that are kept
-- Gives  how many were given up.
local base, lane, now = KEYS[1], ARGV[1], ARGV[3]
local fresh, due, dead = base .. ':fresh:' .. lane, base .. ':due:' .. lane, base .. ':dead:' .. lane
local over = redis.call('ZCARD', fresh) + redis.call('ZCARD', due) - tonumber(ARGV[2])
local most = math.min(over, tonumber(ARGV[4]))
local given_up = 0

local function give_up(id)
  redis.call('HSET', base .. ':delivery:' .. id, 'state', 'gave_up', 'cause', 'backlog')
  redis.call('ZADD', dead, now, id)
  given_up = given_up + 1
end

for _, place in ipairs({due, fresh}) do
  if given_up < most then
    for _, id in ipairs(redis.call('ZRANGE', place, 0, most - given_up - 1)) do
      redis.call('ZREM', place, id)
      redis.call('HDEL', base .. ':taking:' .. lane, id)  -- its lease may have ended: whoever held it is too late now
      give_up(id)
      local known = redis.call('HMGET', base .. ':delivery:' .. id, 'line', 'event', 'with')
      if known[1] then advance(base, lane, id, known[2], now) end
      for other in string.gmatch(known[3] or '', '%S+') do
        local follows = redis.call('HMGET', base .. ':delivery:' .. other, 'leader', 'state')
        if follows[1] == id and follows[2] == 'together' then give_up(other) end
      end
    end
  end
end
while redis.call('ZCARD', dead) > tonumber(ARGV[5]) do drop(base, redis.call('ZPOPMIN', dead)[1]) end
return given_up
