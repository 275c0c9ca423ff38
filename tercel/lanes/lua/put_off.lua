-- Has a call that nobody has claimed woken again after a while. Its wake-up was read, so it does not count as lost.
--
-- ARGV[1]  call id   ARGV[2]  urgency, l or b   ARGV[3]  ms

local name = base .. 'call:' .. ARGV[1]
if call('EXISTS', name) == 0 then return 0 end
call('HSET', name, 'unread', 0)
return call('ZADD', base .. 'ready:' .. ARGV[2], 'XX', now_ms() + ARGV[3], ARGV[1])
