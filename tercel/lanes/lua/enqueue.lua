-- Puts records on the lanes of one deployment and urgency, all or none of them.
--
-- ARGV[1]  urgency, l or b
-- ARGV[2]  batch id: a repeat of it changes nothing
-- ARGV[3]  ms for which the batch id is remembered
-- ARGV[4]  high-water mark of a lane in records, waiting ones included; 0: none
-- ARGV[5]  run (8 hex)
-- ARGV[6]  checkpoint expected   ARGV[7]  checkpoint to set; both '' where the run keeps none
-- ARGV[8]  number of counter pairs that follow (field, n: rows that became no record; they count as received)
-- ARGV[9]  ms for which a parcel's id is remembered: the window of duplicates
-- ARGV[10] number of parcels that follow; 0: the messages come as they are
-- then the pairs, then four values a parcel (id or '', messages, filtered, rejected), then the messages, oldest first
--
-- A parcel is what one input became. One whose id was seen within the window is left out and counted as duplicate.
--
-- Answers {'ok', n, parcels left out (positions from 1)}, {'repeat', n}, {'full', lane, depth}, {'moved', checkpoint}.

local u, batch, ttl, high, run = ARGV[1], shared .. 'batch:' .. ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local tallies, window, parcels = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local parcel = 11 + 2 * tallies
local first = parcel + 4 * parcels
local n = #ARGV - first + 1

if call('EXISTS', batch) == 1 then return {'repeat', n} end
local run_key = shared .. 'run:' .. run
if ARGV[7] ~= '' then
  local at = call('HGET', run_key, 'checkpoint') or ''
  if at == ARGV[7] then return {'repeat', n} end
  if at ~= ARGV[6] then return {'moved', at} end
end

local fields = {}
for i = 11, parcel - 1, 2 do
  add(fields, ARGV[i], tonumber(ARGV[i + 1]))
  add(fields, 'received', tonumber(ARGV[i + 1]))
end

-- Leave out the parcels that were seen before. Ids lie in one set for each quarter of the window: five sets to look at
-- instead of a key an id, which takes half the memory, and old ones go at once.
local messages, from, to, left_out, fresh = ARGV, first, #ARGV, {}, {}
local slice = math.max(1, math.floor(window / 4))
local quarter = math.floor(now_ms() / slice)
local function seen_key(age) return base .. 'seen:' .. (quarter - age) end
if parcels > 0 then
  messages, from, to = {}, 1, 0
  local seen, ids = {}, {}
  for i = parcel, first - 1, 4 do
    if ARGV[i] ~= '' then ids[#ids + 1] = ARGV[i] end
  end
  if window > 0 then
    for age = 0, 4 do
      if #ids > 0 and call('EXISTS', seen_key(age)) == 1 then
        for i = 1, #ids, SLICE do
          local last = math.min(i + SLICE - 1, #ids)
          local found = call('SMISMEMBER', seen_key(age), unpack(ids, i, last))
          for j = i, last do
            if found[j - i + 1] == 1 then seen[ids[j]] = true end
          end
        end
      end
    end
  end
  local at = first
  for i = parcel, first - 1, 4 do
    local id, size, filtered, rejected = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
    if id ~= '' and seen[id] then
      left_out[#left_out + 1] = (i - parcel) / 4 + 1
      add(fields, 'duplicate', size + filtered + rejected)
      add(fields, 'received', size + filtered + rejected)
    else
      if id ~= '' and window > 0 then
        seen[id] = true
        fresh[#fresh + 1] = id
      end
      add(fields, 'filtered', filtered)
      add(fields, 'rejected', rejected)
      add(fields, 'received', filtered + rejected)
      for j = at, at + size - 1 do
        to = to + 1
        messages[to] = ARGV[j]
      end
    end
    at = at + size
  end
end
n = to - from + 1

-- Sort the messages to their lanes first: refusing must change nothing. Mostly they are of one, and stay where they are.
local letters, sizes, by_letter = {}, {}, {}
for i = from, to do
  local letter = sub(messages[i], 46, 46)
  if not sizes[letter] then
    letters[#letters + 1] = letter
    sizes[letter] = 0
  end
  sizes[letter] = sizes[letter] + 1
end
if u == 'b' and #letters > 1 then
  for _, letter in ipairs(letters) do by_letter[letter] = {} end
  for i = from, to do
    local of_lane = by_letter[sub(messages[i], 46, 46)]
    of_lane[#of_lane + 1] = messages[i]
  end
end
if high > 0 then
  for _, letter in ipairs(letters) do
    local front = u == 'b' and call('LLEN', front_key(letter)) or 0
    local depth = front + call('LLEN', lane_key(letter, u)) + (tonumber(call('HGET', base .. 'waiting', letter .. u)) or 0)
    if depth >= high then return {'full', lane_key(letter, u), depth} end
  end
end

if u == 'b' then
  if #letters == 1 then variadic('LPUSH', lane_key(letters[1], u), messages, from, to) end
  for letter, of_lane in pairs(by_letter) do variadic('LPUSH', lane_key(letter, u), of_lane) end
else
  -- Live records of one key keep their order across kinds, so they are looked at in the order they came in.
  local states, pushes, marks, waits, behind = {}, {}, {}, {}, {}
  for i = from, to, SLICE do
    local keys = {}
    for j = i, math.min(i + SLICE - 1, to) do keys[#keys + 1] = sub(messages[j], 20, 35) end
    local found = call('HMGET', base .. 'turn', unpack(keys))
    for j = 1, #keys do states[keys[j]] = found[j] or '' end
  end
  for i = from, to do
    local m = messages[i]
    local key, letter = sub(m, 20, 35), sub(m, 46, 46)
    local state = states[key]
    if state == '' or state == 'w' then
      pushes[letter] = pushes[letter] or {}
      table.insert(pushes[letter], m)
      states[key] = state == 'w' and 'B' or 'b'
      marks[key] = states[key]
    else
      behind[key] = behind[key] or {}
      table.insert(behind[key], m)
      add(waits, letter, 1)
      if state ~= 'B' then
        states[key] = 'B'
        marks[key] = 'B'
      end
    end
  end
  for letter, of_lane in pairs(pushes) do variadic('LPUSH', lane_key(letter, u), of_lane) end
  for key, of_key in pairs(behind) do variadic('RPUSH', wait_key('l', key), of_key) end
  local flat = {}
  for key, state in pairs(marks) do
    flat[#flat + 1] = key
    flat[#flat + 1] = state
  end
  mark(flat)
  for letter, w in pairs(waits) do call('HINCRBY', base .. 'waiting', letter .. 'l', w) end
  if n > 0 then
    local slot = base .. 'arrivals:' .. math.floor(now_ms() / ARRIVALS_SLOT_MS)
    for letter, size in pairs(sizes) do call('HINCRBY', slot, letter, size) end
    call('PEXPIRE', slot, (ARRIVALS_SLOTS + 2) * ARRIVALS_SLOT_MS)
  end
end

if #fresh > 0 then
  variadic('SADD', seen_key(0), fresh)
  call('PEXPIRE', seen_key(0), 2 * window)
  call('UNLINK', seen_key(5), seen_key(6))  -- freed beside the thread that serves; left to expire, they would hold it up
end
add(fields, 'received', n)
add(fields, 'waiting', n)
count({[run] = fields})
if ARGV[7] ~= '' then call('HSET', run_key, 'checkpoint', ARGV[7]) end
call('SET', batch, '1', 'PX', ttl)
return {'ok', n, left_out}
