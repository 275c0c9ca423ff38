-- Takes the records of one run out of a stretch of a bulk lane, and counts them as discarded.
--
-- ARGV[1]  run (8 hex)   ARGV[2]  lane letter   ARGV[3]  where to begin, in records behind the newest one
-- ARGV[4]  most records to look at
-- Answers {where to go on, or -1 at the end of the lane, records taken out}.
--
-- It goes from the newest record to the oldest. What is pushed or cut meanwhile moves the rest towards its end, or
-- shortens it: so nothing that lay in the lane at the beginning is passed over. A repeat takes out what it still finds.

local run, lane, from, look = ARGV[1], lane_key(ARGV[2], 'b'), tonumber(ARGV[3]), tonumber(ARGV[4])
local most = look
if math.min(from, call('LLEN', lane) - from) > NEAR then most = SLICE end
local seen, taken = take_out(lane, run, from, look, most)
count(moves({[run] = #taken}, 'waiting', 'discarded'))
if seen < look and #taken < most then return {-1, #taken} end
return {from + seen - #taken, #taken}
