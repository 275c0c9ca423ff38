-- Gives a claimed call back, to be tried again later. It keeps its records and their keys' turns.
--
-- ARGV[1]  call id   ARGV[2]  fence   ARGV[3]  ms from now when it is due
-- ARGV[4]  1: the deployment is why, so it waits among the retrying and leaves the window; 0: it was only put off
-- ARGV[5]  1: this was an attempt
-- ARGV[6]  ticket to keep in the call, in place of the one it has; left out: that one stays
--
-- Answers 'ok', 'gone', 'stale'. A repeat finds the fence moved and answers 'stale'.

local id, fence = ARGV[1], ARGV[2]
local name = base .. 'call:' .. id
local h = call('HMGET', name, 'fence', 'u', 'runs')
if not h[1] then return 'gone' end
if h[1] ~= fence then return 'stale' end
local u, due = h[2], now_ms() + tonumber(ARGV[3])
call('HINCRBY', name, 'fence', 1)
call('HSET', name, 'not_before', due, 'claims', 0, 'holder', '')
if ARGV[6] then call('HSET', name, 'ticket', ARGV[6]) end
if ARGV[5] == '1' then call('HINCRBY', name, 'attempts', 1) end
if ARGV[4] == '1' then
  call('ZREM', base .. 'ready:' .. u, id)
  call('ZADD', base .. 'later:' .. u, due, id)
  count(moves(runs_of_text(h[3]), 'in_flight', 'retrying'))
else
  call('ZADD', base .. 'ready:' .. u, due, id)
end
return 'ok'
