-- The shared limiter of one deployment: a reserving GCRA with burst 1, a slow-down (AIMD) and a breaker.
--
-- KEYS[1]  hash of the deployment:
--   tat       us, when the next request may go out       msg_tat   the same for the budget of records
--   allowed   requests/s now allowed (absent: the limit)  climb_at  us, since when it climbs back
--   pause     us, nothing goes out before                 slots, slowed  counters
--   fails     failures in a row over the deployment       opens     times the breaker opened in a row
--   open_till us, breaker                                 limit     requests/s, overrides the setting (absent: none)
--   shifted   us, by which late requests have moved tat on, in all
-- KEYS[2]  prefix of the keys that remember bookings by id, so that a resent command books nothing twice
-- KEYS[3]  hash of one budget of the deployment, where the destination counts some requests apart: it then holds tat,
--   msg_tat, allowed, climb_at, slow_at, pause, limit and shifted in place of the deployment's, which keeps the breaker
--   and the counters; and pace (requests/s) with pace_till (us), what the destination has left until then
--
-- ARGV[1]  command:
--   book      2 id  3 limit/s  4 jitter  5 horizon us  6 records  7 records/min (0: off)  8 breaker us  9 breaker max us
--             10 climb share/s
--             answers {1, wait us, fails, shifted, slot us} booked; {0, wait us, fails, why} refused, why: full, pause,
--             breaker
--   slow      2 id  3 limit/s  4 pause us  5 factor  6 climb share/s   a 429: nothing goes out for a while, and the rate drops
--   fail      2 id  3 failures that open it  4 open us  5 longest us
--             answers {1 if the breaker is open now, us for which this failure opened it or 0, failures in a row}
--   pace      2 id  3 requests/s, 0: none  4 us for which that is so   what the destination says it has left of a budget
--   late      2 id  3 what "shifted" should be at least: a request left late, so those a second behind it move on
--   pass      a success: the breaker closes; answers 1 if it had been open

local h, b, command = KEYS[1], KEYS[3] or KEYS[1], ARGV[1]
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local function get(field, of) return tonumber(redis.call('HGET', of or b, field)) end
-- A time in the hash; nil where it lies further ahead than it can have been set: the clock has jumped back since. What
-- was booked or opened by the old clock must not stop the deployment for as long as the jump was.
local SLACK = 60000000  -- us that a time may lie ahead beyond what its own rule says: waits for a slot, uneven clocks
local LONGEST_PAUSE = 3600000000  -- us, see MAX_PAUSE_S in limiter.py
local MOST_RECORDS = 1000  -- that one request carries
local function time_of(field, longest, of)
  local at = get(field, of)
  if at and at - now <= longest + SLACK then return at end
end
local function set_in(of, ...)
  local values = {...}
  for i = 2, #values, 2 do
    if type(values[i]) == 'number' then values[i] = string.format('%.6f', values[i]) end
  end
  redis.call('HSET', of, unpack(values))
end
local function set(...) set_in(b, ...) end

-- The rate now allowed: after a slow-down it climbs back linearly to the limit.
local function allowed_rate(limit, climb)
  local allowed = get('allowed')
  if not allowed then return limit end
  local since = time_of('climb_at', LONGEST_PAUSE) or -math.huge
  local rate = allowed + limit * climb * math.max(0, now - since) / 1000000
  if rate >= limit then
    redis.call('HDEL', b, 'allowed', 'climb_at')
    return limit
  end
  return rate
end

if command == 'pass' then
  local opens = redis.call('HEXISTS', h, 'opens')
  redis.call('HDEL', h, 'fails', 'opens', 'open_till')
  return opens
end

if command == 'late' then
  -- One stall makes several requests late: what the first of them has moved counts for the others.
  local shifted, target, tat = get('shifted') or 0, tonumber(ARGV[3]), get('tat')
  if tat and target > shifted then set('tat', tat + target - shifted, 'shifted', target) end
  return 1
end

if command == 'pace' then
  local till = now + tonumber(ARGV[4])
  if tonumber(ARGV[3]) > 0 then
    set('pace', tonumber(ARGV[3]), 'pace_till', till)
  else
    set('pause', math.max(time_of('pause', LONGEST_PAUSE) or 0, till))
  end
  return 1
end

local seen = KEYS[2] .. ARGV[2]
local before = redis.call('GET', seen)
if before then return cjson.decode(before) end
local function remember(answer)
  redis.call('SET', seen, cjson.encode(answer), 'PX', 60000)
  return answer
end

if command == 'fail' then
  local fails, opened = redis.call('HINCRBY', h, 'fails', 1), 0
  local open_till = time_of('open_till', tonumber(ARGV[5]), h) or 0
  if fails >= tonumber(ARGV[3]) and open_till <= now then
    local opens = redis.call('HINCRBY', h, 'opens', 1)
    opened = math.min(tonumber(ARGV[4]) * 2 ^ (opens - 1), tonumber(ARGV[5]))
    open_till = now + opened
    set_in(h, 'open_till', open_till)
  end
  return remember({open_till > now and 1 or 0, opened, fails})
end

local limit = get('limit') or tonumber(ARGV[3])

if command == 'slow' then
  local pause = math.max(time_of('pause', LONGEST_PAUSE) or 0, now + tonumber(ARGV[4]))
  set('pause', pause)
  redis.call('HINCRBY', h, 'slowed', 1)
  -- Many requests in flight meet the same storm: the rate drops once for it, not once for each of them.
  if limit > 0 and math.abs(now - (get('slow_at') or 0)) > 1000000 then
    set('allowed', math.max(1, limit * 0.05, allowed_rate(limit, tonumber(ARGV[6])) * tonumber(ARGV[5])))
    set('slow_at', now)
  end
  set('climb_at', pause)
  return remember(1)
end

-- book
local fails = get('fails', h) or 0
local open_till = get('open_till', h)
if open_till and not time_of('open_till', tonumber(ARGV[9]), h) then open_till = now end
if open_till and open_till > now then return {0, open_till - now, fails, 'breaker'} end
local horizon, records, per_minute = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local slot, why = now, 'full'
local pause = time_of('pause', LONGEST_PAUSE) or 0
if pause > now then slot, why = pause, 'pause' end
local rate = limit > 0 and allowed_rate(limit, tonumber(ARGV[10]))
local pace_till = b ~= h and rate and time_of('pace_till', LONGEST_PAUSE) or 0
if pace_till > now then rate = math.min(rate, get('pace')) end
local spacing = rate and (1 + tonumber(ARGV[4])) / rate * 1000000
local a_record = per_minute > 0 and 60000000 / per_minute
if rate then slot = math.max(slot, time_of('tat', spacing) or 0) end
if a_record then slot = math.max(slot, time_of('msg_tat', MOST_RECORDS * a_record) or 0) end
local wait = slot - now
if wait > horizon then return {0, wait, fails, why} end
if open_till then
  -- Half open: this request goes through, the others wait for what becomes of it, twice as long as the last time.
  local opens = redis.call('HINCRBY', h, 'opens', 1)
  set_in(h, 'open_till', slot + math.min(tonumber(ARGV[8]) * 2 ^ (opens - 1), tonumber(ARGV[9])))
end
if rate then
  -- What is left of a budget is spread until it is full again; nobody waits beyond that.
  local full_again = math.max(pace_till, slot + (1 + tonumber(ARGV[4])) / limit * 1000000)
  set('tat', pace_till > now and math.min(slot + spacing, full_again) or slot + spacing)
end
if a_record then set('msg_tat', slot + records * a_record) end
redis.call('HINCRBY', h, 'slots', 1)
local slot_text = string.format('%.0f', slot)  -- it has more digits than cjson writes of a number
return remember({1, math.floor(wait), fails, math.floor(get('shifted') or 0), slot_text})
