-- Halts a deployment: nothing is cut until it is resumed. A pause by hand is not replaced by a halt of ours.
--
-- ARGV[1]  code   ARGV[2]  reason   ARGV[3]  1: by hand   ARGV[4]  1: workers probe   ARGV[5]  since, ms
-- Answers 1, or 0 where a pause by hand stays as it is. A repeat changes nothing.

local state = base .. 'state'
if ARGV[3] == '0' and call('HGET', state, 'by_hand') == '1' then return 0 end
call('HSET', state, 'code', ARGV[1], 'reason', ARGV[2], 'by_hand', ARGV[3], 'probed', ARGV[4])
call('HSETNX', state, 'since', ARGV[5])
return 1
