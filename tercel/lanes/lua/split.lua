-- Splits a claimed call in two, each key whole in one of them; or sends later records of its keys back to wait.
--
-- ARGV[1]  call id   ARGV[2]  fence
-- ARGV[3]  id of the first new call   ARGV[4]  id of the second; '' where the others go back to the front of their
--          keys' lists (each key then has a record in the first call, older than those that go back)
-- ARGV[5]  ms until a wake-up counts as lost   ARGV[6]  template   ARGV[7]  Celery queue
-- then the positions (from 0, ascending) of the records of the first new call; the others go to the second, or back
--
-- The new calls have no ticket: what it was for is not what they carry. The old call ends, so a repeat answers 'gone'. Answers 'ok', 'gone', 'stale'.

local id, fence = ARGV[1], ARGV[2]
local name = base .. 'call:' .. id
local h = call('HMGET', name, 'fence', 'u', 'letter', 'created', 'attempts')
if not h[1] then return 'gone' end
if h[1] ~= fence then return 'stale' end
local u, letter, now = h[2], h[3], now_ms()
local first = {}
for i = 8, #ARGV do first[tonumber(ARGV[i]) + 1] = true end
local one, other, one_keys, other_keys = {}, {}, {}, {}
for i, m in ipairs(call('LRANGE', name .. ':r', 0, -1)) do
  local records, keys = other, other_keys
  if first[i] then records, keys = one, one_keys end
  records[#records + 1] = m
  keys[#records] = sub(m, 20, 35)
end
drop_call(id, u)
new_call(ARGV[3], letter, u, one, one_keys, now, tonumber(ARGV[5]), ARGV[6], ARGV[7], h[4], h[5])
if ARGV[4] ~= '' then
  new_call(ARGV[4], letter, u, other, other_keys, now, tonumber(ARGV[5]), ARGV[6], ARGV[7], h[4], h[5])
else
  local marks, runs = {}, {}
  for i = #other, 1, -1 do
    local key = other_keys[i]
    call('LPUSH', wait_key(u, key), other[i])
    marks[#marks + 1] = key
    marks[#marks + 1] = 'B'
    add(runs, sub(other[i], 56, 63), 1)
  end
  mark(marks)
  call('HINCRBY', base .. 'waiting', letter .. u, #other)
  count(moves(runs, 'in_flight', 'waiting'))
end
return 'ok'
