-- Ask several things as of one moment.
-- KEYS   what is asked of
-- ARGV   for each question the number of its words, then these
-- Gives  one answer for each. MULTI would do the same, but a full Redis lets nothing be queued behind it, not even questions.
local answers, at = {}, 1
while at <= #ARGV do
  local last = at + tonumber(ARGV[at])
  answers[#answers + 1] = redis.call(unpack(ARGV, at + 1, last))
  at = last + 1
end
return answers
