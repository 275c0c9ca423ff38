-- Counts the changes of one audience, and says whether they are to travel live or as bulk.
--
-- KEYS[1]  hash: <number of a slot of time> -> changes in it; bulk -> ms when something of it was last sent as bulk
-- ARGV[1]  changes to count            ARGV[2]  changes within a window above which they travel as bulk
-- ARGV[3]  ms of the window            ARGV[4]  ms of a slot
-- ARGV[5]  '' at first; 'busy', or the time that an 'ask' came with where nothing of it waits any more: the answer to it
--
-- Answers {'live'}, {'bulk'}, or {'ask', ms}: nothing went as bulk for a window, and the caller must look whether
-- something of it still waits, for live records would overtake that.
--
-- Counting twice (a repeat whose answer was lost) makes bulk come a little earlier, which is harmless.

local call = redis.call
local t = call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local window, slot_ms = tonumber(ARGV[3]), tonumber(ARGV[4])
local last = call('HGET', KEYS[1], 'bulk')

if last and now - tonumber(last) >= window then
  if ARGV[5] == '' then return {'ask', last} end
  if ARGV[5] == last then
    call('DEL', KEYS[1])
    last = false
  end
end

local slot = math.floor(now / slot_ms)
local oldest = slot - math.floor(window / slot_ms)
call('HINCRBY', KEYS[1], slot, ARGV[1])
local found = 0
local flat = call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do
  local at = tonumber(flat[i])
  if at then
    if at > oldest then found = found + tonumber(flat[i + 1]) else call('HDEL', KEYS[1], flat[i]) end
  end
end
if last or found > tonumber(ARGV[2]) then
  call('HSET', KEYS[1], 'bulk', now)
  call('PERSIST', KEYS[1])  -- what waits may wait for days; this must be known for as long
  return {'bulk'}
end
call('PEXPIRE', KEYS[1], 2 * window)
return {'live'}
