-- One visit to the waiting room, atomically. Whoever came first goes in first, as fast as `rate` allows.
-- KEYS: 1 waiting (id by arrival), 2 seen (id by last visit), 3 room (hash), 4 used:<id>
-- ARGV: 1 id ('' for somebody without a ticket), 2 came ms, 3 now ms, 4 rate per second, 5 burst,
--       6 a crowd was here before (1/0), 7 may anybody go in now (1/0), 8 grace ms, 9 absent ms, 10 ticket s
-- Returns: {state, ahead, waiting, admissions per 1000 s as measured}; state: in, wait, used
local id, came, now = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local rate, burst = tonumber(ARGV[4]), tonumber(ARGV[5])
if id ~= '' and redis.call('EXISTS', KEYS[4]) == 1 then return {'used', 0, 0, 0} end

local room = redis.call('HMGET', KEYS[3], 'tokens', 'at', 'hold', 'count', 'since', 'pace')
local tokens, at, hold = tonumber(room[1]), tonumber(room[2]), tonumber(room[3] or 0)
local count, since, pace = tonumber(room[4] or 0), tonumber(room[5] or now), tonumber(room[6] or 0)
if not at then
  -- a new room, or an emptied one: then people gather again by their tickets before anybody goes in
  at, tokens = now, burst
  if ARGV[6] == '1' then hold, tokens = now + tonumber(ARGV[8]), 0 end
end

-- those who went away lose their place until they come back with their ticket
local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - tonumber(ARGV[9]), 'LIMIT', 0, 200)
for _, other in ipairs(gone) do
  redis.call('ZREM', KEYS[1], other)
  redis.call('ZREM', KEYS[2], other)
end
if id ~= '' then
  redis.call('ZADD', KEYS[1], came, id)
  redis.call('ZADD', KEYS[2], now, id)
end
local waiting = redis.call('ZCARD', KEYS[1])

if ARGV[7] == '1' and now >= hold then
  tokens = math.min(tokens + math.max(now - at, 0) * rate / 1000, burst + waiting)
end
if now - since >= 5000 then
  local measured = count * 1000000 / (now - since)
  if pace > 0 then pace = (pace + measured) / 2 else pace = measured end
  count, since = 0, now
end

local ahead, state = waiting, 'wait'
if id ~= '' then ahead = redis.call('ZRANK', KEYS[1], id) end
if now >= hold and ARGV[7] == '1' and ahead + 1 <= tokens and (id ~= '' or waiting == 0) then
  state, tokens, count = 'in', tokens - 1, count + 1
  if id ~= '' then
    redis.call('ZREM', KEYS[1], id)
    redis.call('ZREM', KEYS[2], id)
    redis.call('SET', KEYS[4], '1', 'EX', ARGV[10])
  end
end
redis.call('HSET', KEYS[3], 'tokens', tostring(tokens), 'at', now, 'hold', hold, 'count', count,
           'since', since, 'pace', tostring(pace))
redis.call('EXPIRE', KEYS[3], 3600)
redis.call('EXPIRE', KEYS[1], 7200)
redis.call('EXPIRE', KEYS[2], 7200)
return {state, ahead, waiting, math.floor(pace)}
