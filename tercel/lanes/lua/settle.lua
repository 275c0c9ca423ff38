-- Ends a call, or takes some records out of it, and passes on the turns of the keys that have none left in it.
--
-- ARGV[1]  call id   ARGV[2]  fence   ARGV[3]  operation id: a repeat of it changes nothing
-- ARGV[4]  number of counter triples that follow: run, field, n
-- ARGV[5]  lane kind's counters to add to: number of pairs that follow the triples: field, n
-- ARGV[6]  number of receipts that follow the pairs: run, d (delivered) or r (rejected), seqs of 8 bytes each
-- then the triples, the pairs, the receipts, then the positions (from 0, ascending) of the records that leave; none: all leave
--
-- Answers 'ok', 'gone' (settled before: harmless), 'stale' (claimed by another since), 'repeat'.

local id, fence = ARGV[1], ARGV[2]
local name = base .. 'call:' .. id
local h = call('HMGET', name, 'fence', 'u', 'keys', 'op', 'n', 'runs')
if not h[1] then return 'gone' end
if h[4] == ARGV[3] then return 'repeat' end
if h[1] ~= fence then return 'stale' end
local u, keys = h[2], h[3]

-- Receipts first: what cannot be written here must leave everything as it is. A run that has stopped asking gets none.
local at = 7 + 3 * ARGV[4] + 2 * ARGV[5]
for i = at, at + 3 * ARGV[6] - 1, 3 do
  local of_run = shared .. 'run:' .. ARGV[i]
  if call('HGET', of_run, 'receipts') then call('XADD', of_run .. ':receipts', '*', ARGV[i + 1], ARGV[i + 2]) end
end

at = 7
local changes = {}
local function change(run, field, n)
  changes[run] = changes[run] or {}
  add(changes[run], field, n)
end
for _ = 1, tonumber(ARGV[4]) do
  change(ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]))
  at = at + 3
end
for _ = 1, tonumber(ARGV[5]) do
  call('HINCRBY', base .. 'totals', ARGV[at], ARGV[at + 1])
  at = at + 2
end

at = at + 3 * ARGV[6]
if at > #ARGV then
  for run, n in pairs(runs_of_text(h[6])) do change(run, 'in_flight', -n) end
  drop_call(id, u)
  pass_on(distinct(keys))
else
  local leaves = {}
  for i = at, #ARGV do leaves[tonumber(ARGV[i]) + 1] = true end
  local records = call('LRANGE', name .. ':r', 0, -1)
  local stay, stay_keys, staying, runs, left = {}, {}, {}, {}, {}
  for i, m in ipairs(records) do
    local run = sub(m, 56, 63)
    if leaves[i] then
      change(run, 'in_flight', -1)
    else
      local key = sub(m, 20, 35)
      stay[#stay + 1] = m
      stay_keys[#stay_keys + 1] = key
      staying[key] = true
      runs[run] = (runs[run] or 0) + 1
    end
  end
  for _, key in ipairs(distinct(keys)) do
    if not staying[key] then left[#left + 1] = key end
  end
  if #stay == 0 then
    drop_call(id, u)
  else
    call('DEL', name .. ':r')
    variadic('RPUSH', name .. ':r', stay)
    call('HSET', name, 'keys', table.concat(stay_keys), 'n', #stay, 'runs', runs_text(runs), 'op', ARGV[3])
  end
  pass_on(left)
end
count(changes)
return 'ok'
