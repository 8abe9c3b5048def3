-- How many entries a stream has, and how many of them its group has settled, as of one moment.
-- KEYS   stream, done
-- Gives  both numbers. MULTI would say the same, but a full Redis lets nothing be queued behind it, not even questions.
return {redis.call('XLEN', KEYS[1]), redis.call('ZCARD', KEYS[2])}
