-- Rebuilds every key's turn from what is there: lanes, wait lists and calls. For use after a lane was purged by hand.
--
-- Answers {marks before, marks after, records found waiting}. Looks at every record: it holds Redis up while it runs.

local function marks() return call('HLEN', base .. 'turn') - call('HEXISTS', base .. 'turn', PAD) end
local before = marks()
local turn = {}
for _, where in ipairs({'ready:', 'later:'}) do
  for _, u in ipairs({'l', 'b'}) do
    for _, id in ipairs(call('ZRANGE', base .. where .. u, 0, -1)) do
      for _, key in ipairs(distinct(call('HGET', base .. 'call:' .. id, 'keys') or '')) do turn[key] = 'b' end
    end
  end
end
for letter in pairs(KIND) do
  local lane = lane_key(letter, 'l')
  for _, m in ipairs(call('LRANGE', lane, 0, -1)) do
    if is_ours(m) then turn[sub(m, 20, 35)] = 'b' end
  end
  call('DEL', base .. 'freed:' .. letter)
end
call('DEL', base .. 'waiting')
local found = 0
local stranded = {}
for _, u in ipairs({'l', 'b'}) do
  local prefix = base .. 'wait:' .. u .. ':'
  local cursor = '0'
  repeat
    local page = call('SCAN', cursor, 'MATCH', prefix .. '*', 'COUNT', 1000)
    cursor = page[1]
    for _, list in ipairs(page[2]) do
      local key = sub(list, -16)
      local records = call('LRANGE', list, 0, -1)
      for _, m in ipairs(records) do
        call('HINCRBY', base .. 'waiting', sub(m, 46, 46) .. u, 1)
        found = found + 1
      end
      if turn[key] then
        turn[key] = 'B'
      else
        turn[key] = 'w'
        stranded[#stranded + 1] = key
      end
    end
  until cursor == '0'
end
call('DEL', base .. 'turn')
local flat, freed = {}, {}
for key, state in pairs(turn) do
  flat[#flat + 1] = key
  flat[#flat + 1] = state
end
mark(flat)
-- Keys that nobody holds any more: treat them as settled, so that what waits goes on.
local held = {}
for _, key in ipairs(stranded) do
  if not held[key] then
    held[key] = true
    call('HSET', base .. 'turn', key, 'B')
    pass_on({key})
  end
end
return {before, marks(), found}
