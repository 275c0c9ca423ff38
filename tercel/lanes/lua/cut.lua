-- Takes up to a batch of records off a lane and makes them a call.
--
-- ARGV[1]  urgency, l or b             ARGV[2]  lane letter
-- ARGV[3]  most records                ARGV[4]  id of the new call (16 hex); a repeat finds it and changes nothing
-- ARGV[5]  ms until its wake-up counts as lost
-- ARGV[6]  template of its wake-up     ARGV[7]  Celery queue of wake-ups
-- ARGV[8]  plain Celery queue for messages that are not ours
-- ARGV[9]  most calls in window (ready)  ARGV[10]  most calls in all
-- ARGV[11] live lanes: most keys whose records the call holds; 0: as many as records
-- ARGV[12] records that the lane must hold, waiting ones apart; 0: any. Who saw it full may find that another has cut it
--
-- A call is a hash: letter, u, n, keys (16 characters a record, in order), runs ("run=n,..."), run (for people),
-- fence, attempts (answers that said retry), claims (since the last answer), not_before (ms), created (ms), ticket
-- (what the destination wants to remember of it between two attempts; absent: nothing).
-- Answers the number of records in the call, 0 if none was made.

local u, letter, room, id = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local plain = ARGV[8]
if call('EXISTS', base .. 'call:' .. id) == 1 then return tonumber(call('HGET', base .. 'call:' .. id, 'n')) end
if call('EXISTS', base .. 'state') == 1 then return 0 end
local ready = call('ZCARD', base .. 'ready:' .. u)
if ready >= tonumber(ARGV[9]) or ready + call('ZCARD', base .. 'later:' .. u) >= tonumber(ARGV[10]) then return 0 end

local lane, turn, now = lane_key(letter, u), base .. 'turn', now_ms()
local least = tonumber(ARGV[12])
if least > 0 and call('LLEN', lane) + (u == 'b' and call('LLEN', front_key(letter)) or 0) < least then return 0 end
local taken, taken_keys = {}, {}

if u == 'l' then
  -- Every live record in a lane has its key's turn. Take no more than there is room for: nothing is put back.
  local most = tonumber(ARGV[11])
  local popped = call('RPOP', lane, most > 0 and math.min(most, room) or room) or {}
  local keys = taken_keys
  for _, m in ipairs(popped) do
    if is_ours(m) then
      taken[#taken + 1] = m
      keys[#keys + 1] = sub(m, 20, 35)
    else
      call('LPUSH', plain, m)
    end
  end
  if #taken < room and #taken > 0 then
    local all, all_keys, marks = {}, {}, {}
    for i = 1, #keys, SLICE do
      local last = math.min(i + SLICE - 1, #keys)
      local states = call('HMGET', turn, unpack(keys, i, last))
      for j = i, last do
        all[#all + 1] = taken[j]
        all_keys[#all] = keys[j]
        local left = room - #all - (#keys - j)
        if states[j - i + 1] == 'B' and left > 0 then
          local _, more = take_leading('l', keys[j], letter, left, all, all_keys)
          if not more then
            marks[#marks + 1] = keys[j]
            marks[#marks + 1] = 'b'
          end
        end
      end
    end
    mark(marks)
    taken, taken_keys = all, all_keys
  end
else
  local mine = {}  -- keys this cut has taken: true where nothing of them waits
  local marks = {}
  local freed_key = base .. 'freed:' .. letter
  while room > #taken do
    local freed = call('ZRANGE', freed_key, 0, SLICE - 1)
    if #freed == 0 then break end
    local states = call('HMGET', turn, unpack(freed))
    local gone = {}
    for i, key in ipairs(freed) do
      if #taken >= room then break end
      gone[#gone + 1] = key
      if states[i] == 'w' then
        local got, more = take_leading('b', key, letter, room - #taken, taken, taken_keys)
        if got > 0 then
          mine[key] = not more
          marks[#marks + 1] = key
          marks[#marks + 1] = more and 'B' or 'b'
        end
      end
    end
    call('ZREM', freed_key, unpack(gone))
  end
  mark(marks)

  -- What a sweep has put in front of the lane is older than all that lies in it.
  local front = front_key(letter)
  local fronted = call('EXISTS', front) == 1
  local function pop(n)
    local some = fronted and call('RPOP', front, n)
    if some and #some > 0 then return some end
    fronted = false
    return call('RPOP', lane, n)
  end
  local ours_here = '","lane":"' .. letter  -- where only a message that enqueue.lua put here has it
  local look, waits = room + 2 * SLICE, 0  -- records looked at: a lane full of busy keys must not hold Redis up
  while #taken < room and look > 0 do
    local popped = pop(math.min(room - #taken, SLICE, look))
    if not popped or #popped == 0 then break end
    look = look - #popped
    local keys, ours, own_n = {}, {}, 0
    for i = 1, #popped do
      local m = popped[i]
      if sub(m, 36, 46) == ours_here then
        own_n = own_n + 1
        ours[own_n], keys[own_n] = m, sub(m, 20, 35)
      else
        call('LPUSH', plain, m)
      end
    end
    if own_n > 0 then
      local states = call('HMGET', turn, unpack(keys))
      local new, marked, n = {}, 0, #taken
      for i = 1, own_n do
        local key = keys[i]
        local own = mine[key]
        if own or (own == nil and not states[i]) then
          n = n + 1
          taken[n], taken_keys[n] = ours[i], key
          if own == nil then
            mine[key] = true
            new[marked + 1], new[marked + 2] = key, 'b'
            marked = marked + 2
          end
        else
          call('RPUSH', wait_key('b', key), ours[i])
          waits = waits + 1
          if own == nil and states[i] == 'b' then
            mine[key] = false
            new[marked + 1], new[marked + 2] = key, 'B'
            marked = marked + 2
          end
        end
      end
      mark(new, marked)
    end
  end
  if waits > 0 then call('HINCRBY', base .. 'waiting', letter .. 'b', waits) end
end

if #taken == 0 then return 0 end
local runs = new_call(id, letter, u, taken, taken_keys, now, tonumber(ARGV[5]), ARGV[6], ARGV[7], now, 0)
count(moves(runs, 'waiting', 'in_flight'))
return #taken
