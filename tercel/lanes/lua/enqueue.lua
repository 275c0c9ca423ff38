-- Puts records on the lanes of one deployment and urgency, all or none of them.
--
-- ARGV[1]  urgency, l or b
-- ARGV[2]  batch id: a repeat of it changes nothing
-- ARGV[3]  ms for which the batch id is remembered
-- ARGV[4]  high-water mark of a lane in records, waiting ones included; 0: none
-- ARGV[5]  run (8 hex)
-- ARGV[6]  checkpoint expected   ARGV[7]  checkpoint to set; both '' where the run keeps none
-- ARGV[8]  number of counter pairs that follow (field, n: rows that became no record; they count as received)
-- then the pairs, then the messages, oldest first
--
-- Answers {'ok', n}, {'repeat', n}, {'full', lane, depth}, {'moved', checkpoint}.

local u, batch, ttl, high, run = ARGV[1], shared .. 'batch:' .. ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local tallies = tonumber(ARGV[8])
local first = 9 + 2 * tallies
local n = #ARGV - first + 1

if call('EXISTS', batch) == 1 then return {'repeat', n} end
local run_key = shared .. 'run:' .. run
if ARGV[7] ~= '' then
  local at = call('HGET', run_key, 'checkpoint') or ''
  if at == ARGV[7] then return {'repeat', n} end
  if at ~= ARGV[6] then return {'moved', at} end
end

-- Sort the messages to their lanes first: refusing must change nothing.
local letters, by_letter = {}, {}
for i = first, #ARGV do
  local letter = sub(ARGV[i], 46, 46)
  if not by_letter[letter] then
    by_letter[letter] = {}
    letters[#letters + 1] = letter
  end
  local l = by_letter[letter]
  l[#l + 1] = ARGV[i]
end
if high > 0 then
  for _, letter in ipairs(letters) do
    local depth = call('LLEN', lane_key(letter, u)) + (tonumber(call('HGET', base .. 'waiting', letter .. u)) or 0)
    if depth >= high then return {'full', lane_key(letter, u), depth} end
  end
end

if u == 'b' then
  for letter, messages in pairs(by_letter) do variadic('LPUSH', lane_key(letter, u), messages) end
else
  -- Live records of one key keep their order across kinds, so they are looked at in the order they came in.
  local states, pushes, marks, waits = {}, {}, {}, {}
  for i = first, #ARGV, SLICE do
    local keys = {}
    for j = i, math.min(i + SLICE - 1, #ARGV) do keys[#keys + 1] = sub(ARGV[j], 20, 35) end
    local found = call('HMGET', base .. 'turn', unpack(keys))
    for j = 1, #keys do states[keys[j]] = found[j] or '' end
  end
  for i = first, #ARGV do
    local m = ARGV[i]
    local key, letter = sub(m, 20, 35), sub(m, 46, 46)
    local state = states[key]
    if state == '' or state == 'w' then
      pushes[letter] = pushes[letter] or {}
      table.insert(pushes[letter], m)
      states[key] = state == 'w' and 'B' or 'b'
      marks[key] = states[key]
    else
      call('RPUSH', wait_key('l', key), m)
      add(waits, letter, 1)
      if state ~= 'B' then
        states[key] = 'B'
        marks[key] = 'B'
      end
    end
  end
  for letter, messages in pairs(pushes) do variadic('LPUSH', lane_key(letter, u), messages) end
  local flat = {}
  for key, state in pairs(marks) do
    flat[#flat + 1] = key
    flat[#flat + 1] = state
  end
  variadic('HSET', base .. 'turn', flat)
  for letter, w in pairs(waits) do call('HINCRBY', base .. 'waiting', letter .. 'l', w) end
end

local fields = {received = n, waiting = n}
for i = 9, first - 1, 2 do
  add(fields, ARGV[i], tonumber(ARGV[i + 1]))
  add(fields, 'received', tonumber(ARGV[i + 1]))
end
count({[run] = fields})
if ARGV[7] ~= '' then call('HSET', run_key, 'checkpoint', ARGV[7]) end
call('SET', batch, '1', 'PX', ttl)
return {'ok', n}
