-- Prolongs the leases of calls in hand; shortens none.
--
-- ARGV[1]  lease in ms, then pairs: call id, fence
-- Answers, a call each: 'ok' prolonged, 'gone' settled, 'stale' not ours any more.

local till, answers = now_ms() + tonumber(ARGV[1]), {}
for i = 2, #ARGV, 2 do
  local name = base .. 'call:' .. ARGV[i]
  local h = call('HMGET', name, 'fence', 'u', 'not_before')
  if h[1] == ARGV[i + 1] and call('ZSCORE', base .. 'ready:' .. h[2], ARGV[i]) then
    if tonumber(h[3]) < till then
      call('HSET', name, 'not_before', till)
      call('ZADD', base .. 'ready:' .. h[2], 'XX', till, ARGV[i])
    end
    answers[#answers + 1] = 'ok'
  else
    answers[#answers + 1] = h[1] and 'stale' or 'gone'
  end
end
return answers
