-- Shared by every lane script: prepended to each by tercel/lanes/scripts.py.
--
-- KEYS[1]  base of the deployment's keys, "<prefix>tercel:<deployment>:"
-- KEYS[2]  base of its lanes, "<prefix><deployment>."   (lanes are Celery queues and carry Celery's names)
-- KEYS[3]  base of what deployments share, "<prefix>tercel:"
--
-- Under KEYS[1]:
--   turn              hash    key -> b (busy), B (busy, something waits), w (not busy, bulk waits); no entry: idle.
--                             "-" is no key, see mark
--   wait:l:<key>      list    live records of a busy key, oldest first
--   wait:b:<key>      list    bulk records of a busy key, oldest first
--   freed:<letter>    zset    keys in state w whose bulk list starts with a record of that lane, in order of freeing
--   freeings          string  gives that order
--   front:<letter>    list    the older part of a bulk lane, while records of a cancelled run are sought in it
--   sweep:<letter>    hash    how far that has come, see cancel_lane.lua
--   cancelled         set     runs whose records are being taken out
--   waiting           hash    <letter><l|b> -> records of that lane that lie in wait lists
--   ready:l, ready:b  zset    calls to be delivered or in delivery -> ms by when they must show progress
--   later:l, later:b  zset    calls in backoff -> ms when they are due
--   call:<id>         hash    of a call, see cut.lua
--   call:<id>:r       list    its records, oldest first
--   totals            hash    counters of the deployment, fields as in a run's
--   state             hash    a halt: reason, code, since, by_hand, probed (absent: none)
--   probe             string  somebody probes the halted deployment in this period
--   seen:<quarter>    set     ids of parcels taken in within a quarter of the window of duplicates
--   arrivals:<slot>   hash    letter -> live records that came in within a slot of time
-- Under KEYS[3]:
--   run:<run>         hash    counters and checkpoint of one run; receipts: 1 where it asks for them
--   run:<run>:receipts  stream  records that ended: d (delivered) or r (rejected) -> their seqs, 8 bytes each
--   batch:<id>        string  marks an enqueue as done
--   calls:<l|b>       string  number of calls alive, all deployments
--
-- A message of ours starts with {"headers":{"key":"<16>","lane":"<1>","run":"<8>","at":"<13>" : fixed offsets.

local base, lanes, shared = KEYS[1], KEYS[2], KEYS[3]
local sub, call = string.sub, redis.call
local ARRIVALS_SLOT_MS, ARRIVALS_SLOTS = 10000, 6  -- arrivals are known for six whole slots, a minute, and the one begun
local STREAM = '00000000'  -- the run of everything that streams in
local SLICE = 250  -- elements a variadic command: long enough to be cheap, short enough for Lua's stack


local KIND = {p = 'profile', r = 'rules', m = 'membership', e = 'event', s = 'session', a = 'audience'}
local URGENCY = {l = 'live', b = 'bulk'}
local STREAM_RUN = '00000000'  -- the run of records that belong to none, tercel/messages.py

local function lane_key(letter, u) return lanes .. KIND[letter] .. '.' .. URGENCY[u] end
local function front_key(letter) return base .. 'front:' .. letter end
local function wait_key(u, key) return base .. 'wait:' .. u .. ':' .. key end

local function is_ours(m)
  return sub(m, 1, 19) == '{"headers":{"key":"' and sub(m, 36, 45) == '","lane":"' and KIND[sub(m, 46, 46)]
end

local function now_ms()
  local t = call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- Runs a variadic command over a flat list of values, or a part of it, a slice at a time.
local function variadic(name, key, values, first, last)
  last = last or #values
  for i = first or 1, last, SLICE do
    call(name, key, unpack(values, i, math.min(i + SLICE - 1, last)))
  end
end

-- Sets the states of keys' turns, given as a flat list (key, state, ...) or its first n values.
--
-- Redis keeps a small hash as a list that is searched from its start: the first five hundred of a thousand marks then
-- cost ten times as much as the others. One field with a long value makes it a real hash; it goes with the last mark.
local PAD, PADDING, MANY = '-', string.rep('-', 65), 64
local function mark(flat, n)
  n = n or #flat
  if n >= MANY then call('HSETNX', base .. 'turn', PAD, PADDING) end
  variadic('HSET', base .. 'turn', flat, 1, n)
end

-- Takes the marks of idle keys away.
local function unmark(keys, first, last)
  variadic('HDEL', base .. 'turn', keys, first, last)
  if call('HLEN', base .. 'turn') == 1 then call('HDEL', base .. 'turn', PAD) end
end

local function add(t, name, n) t[name] = (t[name] or 0) + n end

-- Moves counters of runs and of the deployment: changes[run][field] = n.
local function count(changes)
  local totals = {}
  for run, fields in pairs(changes) do
    for field, n in pairs(fields) do
      if n ~= 0 then
        call('HINCRBY', shared .. 'run:' .. run, field, n)
        add(totals, field, n)
      end
    end
  end
  for field, n in pairs(totals) do
    if n ~= 0 then call('HINCRBY', base .. 'totals', field, n) end
  end
end

-- changes for moving n records a run (given as {run = n}) from one counter to another.
local function moves(runs, from, to)
  local changes = {}
  for run, n in pairs(runs) do changes[run] = {[from] = -n, [to] = n} end
  return changes
end

local function runs_text(runs)
  local parts = {}
  for run, n in pairs(runs) do parts[#parts + 1] = run .. '=' .. n end
  table.sort(parts)
  return table.concat(parts, ',')
end

local function runs_of_text(text)
  local runs = {}
  for run, n in string.gmatch(text, '(%x+)=(%d+)') do runs[run] = tonumber(n) end
  return runs
end

-- The key's turn is over: hand it to what waits. See DESIGN "settle".
local function pass_on(keys)
  local turn = base .. 'turn'
  for first = 1, #keys, SLICE do
    local last = math.min(first + SLICE - 1, #keys)
    local states = call('HMGET', turn, unpack(keys, first, last))
    local idle, waits = {}, false
    for j = first, last do waits = waits or states[j - first + 1] == 'B' end
    for j = first, waits and last or 0 do
      local key = keys[j]
      if states[j - first + 1] ~= 'B' then idle[#idle + 1] = key else
        local nxt = call('LPOP', wait_key('l', key))
        if nxt then
          local letter = sub(nxt, 46, 46)
          call('LPUSH', lane_key(letter, 'l'), nxt)
          call('HINCRBY', base .. 'waiting', letter .. 'l', -1)
          local more = call('EXISTS', wait_key('l', key), wait_key('b', key))
          if more == 0 then call('HSET', turn, key, 'b') end
        else
          local head = call('LINDEX', wait_key('b', key), 0)
          if head then
            call('HSET', turn, key, 'w')
            call('ZADD', base .. 'freed:' .. sub(head, 46, 46), call('INCR', base .. 'freeings'), key)
          else
            idle[#idle + 1] = key
          end
        end
      end
    end
    if waits then unmark(idle) else unmark(keys, first, last) end
  end
end

-- Takes the leading records of one lane from a key's wait list, as room allows. Returns how many, and whether
-- anything of the key still waits.
local function take_leading(u, key, letter, room, taken, keys)
  local list = wait_key(u, key)
  local got = 0
  while got < room do
    local some = call('LRANGE', list, 0, math.min(room - got, SLICE) - 1)
    local fit = 0
    for i = 1, #some do
      if sub(some[i], 46, 46) ~= letter then break end
      fit = i
      taken[#taken + 1] = some[i]
      keys[#taken] = key
    end
    if fit > 0 then call('LPOP', list, fit) end
    got = got + fit
    if fit == 0 or fit < #some then break end
  end
  if got > 0 then call('HINCRBY', base .. 'waiting', letter .. u, -got) end
  return got, call('EXISTS', wait_key('l', key), wait_key('b', key)) > 0
end

-- Pushes the Celery message that wakes a worker for a call. The template is written by tercel/messages.py.
local function wake(template, queue, id, tag, h)
  local m = string.gsub(template, '@(%u+)@', {
    CALL = id, TAG = tag, N = h.n, RETRIES = h.attempts, KIND = KIND[h.letter],
    PLURAL = h.n == '1' and '' or 's', URGENCY = URGENCY[h.u],
    OFRUN = sub(h.run, 1, 8) == STREAM_RUN and '' or ', run ' .. h.run,
  })
  call('LPUSH', queue, m)
end

-- Makes a call out of records that have their keys' turns. Returns its records by run.
local function new_call(id, letter, u, records, keys, now, wake_ms, template, queue, created, attempts)
  local runs, first = {}, nil
  local same, since = sub(records[1], 56, 63), 1  -- records of one run mostly lie together
  for i = 2, #records + 1 do
    local run = records[i] and sub(records[i], 56, 63)
    if run ~= same then
      runs[same] = (runs[same] or 0) + i - since
      first = first or same
      same, since = run, i
    end
  end
  if next(runs, first) or next(runs) ~= first then first = first .. '+' end
  local n = tostring(#records)
  local name = base .. 'call:' .. id
  call('HSET', name, 'letter', letter, 'u', u, 'n', n, 'keys', table.concat(keys), 'runs', runs_text(runs),
    'run', first, 'fence', 0, 'attempts', attempts, 'claims', 0, 'not_before', 0, 'created', created, 'unread', 1)
  variadic('RPUSH', name .. ':r', records)
  call('ZADD', base .. 'ready:' .. u, now + wake_ms, id)
  call('INCR', shared .. 'calls:' .. u)
  wake(template, queue, id, id .. '-0', {n = n, run = first, attempts = attempts, letter = letter, u = u})
  return runs
end

local function drop_call(id, u)
  call('DEL', base .. 'call:' .. id, base .. 'call:' .. id .. ':r')
  call('ZREM', base .. 'ready:' .. u, id)
  call('ZREM', base .. 'later:' .. u, id)
  call('DECR', shared .. 'calls:' .. u)
end

local function distinct(keys_text)
  local seen, keys, n = {}, {}, 0
  for i = 1, #keys_text, 16 do
    local key = sub(keys_text, i, i + 15)
    if not seen[key] then
      seen[key] = true
      n = n + 1
      keys[n] = key
    end
  end
  return keys
end
