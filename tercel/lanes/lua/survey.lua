-- Looks at the lanes of a deployment and changes nothing.
--
-- Answers {now ms, halted, {ready live, ready bulk, later live, later bulk, ms when the next of them is due or -1},
--          {letter, u, lane length, records waiting for their turn, keys freed, 'at' of the oldest in the lane or ''} ...}
-- Lanes with nothing in them are left out.

local now = now_ms()
local answer = {now, call('EXISTS', base .. 'state')}
local due = -1
local calls = {}
for _, where in ipairs({'ready:', 'later:'}) do
  for _, u in ipairs({'l', 'b'}) do
    local key = base .. where .. u
    local n = call('ZCARD', key)
    calls[#calls + 1] = n
    if n > 0 then
      local score = tonumber(call('ZRANGE', key, 0, 0, 'WITHSCORES')[2])
      if due < 0 or score < due then due = score end
    end
  end
end
calls[5] = due
answer[3] = calls
local waiting = {}
local flat = call('HGETALL', base .. 'waiting')
for i = 1, #flat, 2 do waiting[flat[i]] = tonumber(flat[i + 1]) end
for letter in pairs(KIND) do
  for u in pairs(URGENCY) do
    local lane = lane_key(letter, u)
    local front = u == 'b' and call('LLEN', front_key(letter)) or 0
    local length = call('LLEN', lane) + front
    local freed = u == 'b' and call('ZCARD', base .. 'freed:' .. letter) or 0
    local w = waiting[letter .. u] or 0
    if length > 0 or freed > 0 or w > 0 then
      local at = ''
      if length > 0 then
        local m = call('LINDEX', front > 0 and front_key(letter) or lane, -1)
        if is_ours(m) then at = sub(m, 72, 84) end
      end
      answer[#answer + 1] = {letter, u, length, w, freed, at}
    end
  end
end
return answer
