-- Takes the bulk records of one run out of the wait lists of some keys, and counts them as discarded.
--
-- ARGV[1]  run (8 hex)   ARGV[2]  cursor of the scan over the keys' turns, 0 at first   ARGV[3]  about how many keys
-- A key's list is looked at whole.
-- Answers the next cursor, 0 at the end. A repeat takes out what it still finds.

local run = ARGV[1]
local page = call('HSCAN', base .. 'turn', ARGV[2], 'COUNT', ARGV[3])
local gone, n = {}, 0
for i = 1, #page[2], 2 do
  local key, state = page[2][i], page[2][i + 1]
  local list = wait_key('b', key)
  local head = state ~= 'b' and call('LINDEX', list, 0)
  if head then
    local kept, taken = {}, 0
    for _, m in ipairs(call('LRANGE', list, 0, -1)) do
      if sub(m, 56, 63) == run then
        add(gone, sub(m, 46, 46), 1)
        taken = taken + 1
      else
        kept[#kept + 1] = m
      end
    end
    n = n + taken
    if taken > 0 then
      call('DEL', list)
      variadic('RPUSH', list, kept)
      local left = kept[1]
      if state == 'B' then
        if not left and call('EXISTS', wait_key('l', key)) == 0 then call('HSET', base .. 'turn', key, 'b') end
      elseif not left or sub(left, 46, 46) ~= sub(head, 46, 46) then
        for letter in pairs(KIND) do call('ZREM', base .. 'freed:' .. letter, key) end
        if left then
          call('ZADD', base .. 'freed:' .. sub(left, 46, 46), call('INCR', base .. 'freeings'), key)
        else
          unmark({key})
        end
      end
    end
  end
end
for letter, of_lane in pairs(gone) do call('HINCRBY', base .. 'waiting', letter .. 'b', -of_lane) end
count(moves({[run] = n}, 'waiting', 'discarded'))
return page[1]
