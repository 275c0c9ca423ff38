-- Ends a halt.
--
-- ARGV[1]  1: only a halt that workers probe; one that a person or a surge put in its place meanwhile stays
-- Answers 1, or 0 where there was none to end.

local state = base .. 'state'
if ARGV[1] == '1' and call('HGET', state, 'probed') ~= '1' then return 0 end
return call('DEL', state)
