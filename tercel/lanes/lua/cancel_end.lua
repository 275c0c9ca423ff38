-- Ends the cancellation of one run: sweeps leave out its records no longer. The last one tidies up.
--
-- ARGV[1]  run (8 hex)
-- Answers 1. A repeat changes nothing.

call('SREM', base .. 'cancelled', ARGV[1])
if call('EXISTS', base .. 'cancelled') == 0 then
  for letter in pairs(KIND) do
    if call('EXISTS', front_key(letter)) == 0 then call('DEL', base .. 'sweep:' .. letter) end
  end
end
return 1
