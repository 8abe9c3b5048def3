-- Send a delivery again. Runs behind revive.lua.
-- KEYS   base
-- ARGV   lane, delivery, now (ms)
-- Gives  what revive gives.
return revive(KEYS[1], ARGV[1], ARGV[2], ARGV[3])
