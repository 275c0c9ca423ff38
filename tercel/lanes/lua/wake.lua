-- Wakes workers for every call whose time has come: backoff over, lease run out, or wake-up lost.
--
-- ARGV[1]  urgency, l or b   ARGV[2]  ms until a wake-up counts as lost   ARGV[3]  template   ARGV[4]  Celery queue
-- ARGV[5]  most calls to wake now
--
-- Never more unread wake-ups than there are calls. Answers {woken, those of them whose lease had run out}.

local u, wake_ms, queue = ARGV[1], tonumber(ARGV[2]), ARGV[4]
local now = now_ms()
local room = (tonumber(call('GET', shared .. 'calls:' .. u)) or 0) - call('LLEN', queue)
local woken, expired = 0, 0
for _, where in ipairs({'ready:', 'later:'}) do
  local due = call('ZRANGEBYSCORE', base .. where .. u, '-inf', now, 'LIMIT', 0, math.min(tonumber(ARGV[5]), math.max(room, 0)))
  for _, id in ipairs(due) do
    local name = base .. 'call:' .. id
    local h = call('HMGET', name, 'letter', 'n', 'run', 'attempts', 'claims', 'runs')
    if h[1] then
      if where == 'later:' then
        call('ZREM', base .. 'later:' .. u, id)
        count(moves(runs_of_text(h[6]), 'retrying', 'in_flight'))
      elseif tonumber(h[5]) > 0 then
        expired = expired + 1
      end
      call('ZADD', base .. 'ready:' .. u, now + wake_ms, id)
      local tag = id .. '-' .. call('HINCRBY', name, 'woken', 1)
      wake(ARGV[3], queue, id, tag, {n = h[2], run = h[3], attempts = h[4], letter = h[1], u = u})
      woken = woken + 1
      room = room - 1
    else
      call('ZREM', base .. where .. u, id)
    end
  end
end
return {woken, expired}
