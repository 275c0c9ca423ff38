-- Wakes workers for every call whose time has come: backoff over, lease run out, or wake-up lost.
--
-- ARGV[1]  urgency, l or b   ARGV[2]  ms until a wake-up counts as lost   ARGV[3]  template   ARGV[4]  Celery queue
-- ARGV[5]  most calls to wake now   ARGV[6]  Celery queue of live calls
--
-- A bulk call whose wake-up nobody answered, or whose worker died, is woken among the live ones: it holds its keys'
-- turns, and behind a queue of live calls that never empties it would hold them for ever.
--
-- Never more unread wake-ups in a queue than there are calls. Answers {woken, those of them whose lease had run out}.

local u, wake_ms, queue, live = ARGV[1], tonumber(ARGV[2]), ARGV[4], ARGV[6]
local now = now_ms()
local function alive(which) return tonumber(call('GET', shared .. 'calls:' .. which)) or 0 end
local rooms = {[queue] = alive(u) - call('LLEN', queue)}
if u == 'b' then rooms[live] = alive('l') + alive('b') - call('LLEN', live) end
local room = math.max(rooms[queue], rooms[live])
local woken, expired = 0, 0
for _, where in ipairs({'ready:', 'later:'}) do
  local due = call('ZRANGEBYSCORE', base .. where .. u, '-inf', now, 'LIMIT', 0, math.min(tonumber(ARGV[5]), math.max(room, 0)))
  for _, id in ipairs(due) do
    local name = base .. 'call:' .. id
    local h = call('HMGET', name, 'letter', 'n', 'run', 'attempts', 'claims', 'runs', 'unread')
    local unanswered = where == 'ready:' and (tonumber(h[5] or 0) > 0 or tonumber(h[7] or 0) > 0)
    local to = unanswered and live or queue
    if h[1] and rooms[to] > 0 then
      if where == 'later:' then
        call('ZREM', base .. 'later:' .. u, id)
        count(moves(runs_of_text(h[6]), 'retrying', 'in_flight'))
      elseif tonumber(h[5]) > 0 then
        expired = expired + 1
      end
      call('ZADD', base .. 'ready:' .. u, now + wake_ms, id)
      local tag = id .. '-' .. call('HINCRBY', name, 'woken', 1)
      call('HINCRBY', name, 'unread', 1)
      wake(ARGV[3], to, id, tag, {n = h[2], run = h[3], attempts = h[4], letter = h[1], u = u})
      woken = woken + 1
      room = room - 1
      rooms[to] = rooms[to] - 1
    elseif not h[1] then
      call('ZREM', base .. where .. u, id)
    end
  end
end
return {woken, expired}
