-- Takes a call in hand for one worker: a lease with a fencing number.
--
-- ARGV[1]  call id   ARGV[2]  lease in ms   ARGV[3]  who claims, different for every claim
-- Answers {'ok', fence, letter, u, attempts, claims, created, run, {runs in it that ask for receipts}, ticket},
-- {'gone'}, {'early', ms to wait}.
--
-- The records are read behind it, in the same round trip: handing them through Lua costs more than reading them.
-- Sent again after a lost answer, it finds its own lease and answers as before.

local id = ARGV[1]
local name = base .. 'call:' .. id
local h = call('HMGET', name, 'letter', 'u', 'not_before', 'attempts', 'created', 'run', 'holder', 'ticket')
if not h[1] then return {'gone'} end
local now = now_ms()
local u = h[2]
local function asking()
  local found = {}
  if h[6] ~= STREAM then  -- most calls: nothing more is looked at
    for run in pairs(runs_of_text(call('HGET', name, 'runs'))) do
      if call('HGET', shared .. 'run:' .. run, 'receipts') then found[#found + 1] = run end
    end
  end
  return found
end
if h[7] == ARGV[3] then
  local again = call('HMGET', name, 'fence', 'claims')
  return {'ok', tonumber(again[1]), h[1], u, tonumber(h[4]), tonumber(again[2]), tonumber(h[5]), h[6], asking(), h[8] or ''}
end
if tonumber(h[3]) > now then return {'early', tonumber(h[3]) - now} end
if call('ZSCORE', base .. 'later:' .. u, id) then
  call('ZREM', base .. 'later:' .. u, id)
  count(moves(runs_of_text(call('HGET', name, 'runs')), 'retrying', 'in_flight'))
end
local till = now + tonumber(ARGV[2])
local fence = call('HINCRBY', name, 'fence', 1)
local claims = call('HINCRBY', name, 'claims', 1)
call('HSET', name, 'not_before', till, 'holder', ARGV[3], 'unread', 0)
call('ZADD', base .. 'ready:' .. u, till, id)
return {'ok', fence, h[1], u, tonumber(h[4]), claims, tonumber(h[5]), h[6], asking(), h[8] or ''}
