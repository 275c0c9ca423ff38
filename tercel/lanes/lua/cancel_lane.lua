-- Takes a step of a sweep through a bulk lane: discards what belongs to cancelled runs, and counts it.
--
-- ARGV[1]  run (8 hex) to be taken out from now on   ARGV[2]  lane letter
-- ARGV[3]  most records to move; 0 only says how things stand
-- Answers {sweeps done so far, 1 while one is under way, 1 where the lane is empty}.
--
-- The lane may be long and the run's records deep in it, where taking one out costs as much as moving a hundred. So a
-- sweep carries the lane's records out, oldest first, to the list in front of it, and leaves out those of the cancelled
-- runs; then it carries them back. At every moment front and lane together are the lane in its order, and a cut takes
-- from the front first: a sweep may stop anywhere, for ever, and others push and cut meanwhile.
--
-- The direction lies here, in the hash `sweep:<letter>` (done; dir: out or back; left: how many still go out). So those
-- who cancel two runs at once go the same way, and each of them leaves out the records of both. Who comes while a sweep
-- is under way needs the next one, too: his records may have been passed by. A repeat takes one step more.

local run, letter, most = ARGV[1], ARGV[2], tonumber(ARGV[3])
local lane, front, sweep = lane_key(letter, 'b'), front_key(letter), base .. 'sweep:' .. letter
call('SADD', base .. 'cancelled', run)
local h = call('HMGET', sweep, 'done', 'dir', 'left')
local done, dir, left = tonumber(h[1] or 0), h[2], tonumber(h[3] or 0)
local function is_empty() return call('LLEN', lane) + call('LLEN', front) == 0 end
if most == 0 then return {done, dir and 1 or 0, is_empty() and 1 or 0} end

if not dir then dir, left = 'out', call('LLEN', lane) end
local gone = {}
for _, one in ipairs(call('SMEMBERS', base .. 'cancelled')) do gone[one] = 0 end
local from, pop, to, push = lane, 'RPOP', front, 'LPUSH'
if dir == 'back' then from, pop, to, push = front, 'LPOP', lane, 'RPUSH' end
local some = call(pop, from, most) or {}
local kept = {}
for _, m in ipairs(some) do
  local its = is_ours(m) and sub(m, 56, 63)
  if its and gone[its] then gone[its] = gone[its] + 1 else kept[#kept + 1] = m end
end
variadic(push, to, kept)
count(moves(gone, 'waiting', 'discarded'))

left = left - #some
if dir == 'out' and (left <= 0 or #some < most) then dir = 'back' end
if dir == 'back' and call('EXISTS', front) == 0 then
  done = done + 1
  call('HDEL', sweep, 'dir', 'left')
  call('HSET', sweep, 'done', done)
  return {done, 0, is_empty() and 1 or 0}
end
call('HSET', sweep, 'dir', dir, 'left', left)
return {done, 1, 0}
