-- Counts the live records of a deployment that came in within the last minute, and changes nothing.
--
-- Answers {ms that were looked at, letter, n, letter, n, ...}

local now = now_ms()
local slot = math.floor(now / ARRIVALS_SLOT_MS)
local found = {}
for age = 0, ARRIVALS_SLOTS do
  local flat = call('HGETALL', base .. 'arrivals:' .. (slot - age))
  for i = 1, #flat, 2 do add(found, flat[i], tonumber(flat[i + 1])) end
end
local answer = {ARRIVALS_SLOTS * ARRIVALS_SLOT_MS + now % ARRIVALS_SLOT_MS}
for letter, n in pairs(found) do
  answer[#answer + 1] = letter
  answer[#answer + 1] = n
end
return answer
