/** The scripts that read: short, and the same on every server since 2.6. They write nothing, which FLAGS tell Redis 7. */

/** Bytes of values that one command may answer. */
export const ANSWER = 8 * 1024 * 1024;

/** When a key expires, in ms. Before Redis 7 the clock and what is left, both of the same millisecond. */
export const EXPIRY = `
local own = true
local function expiry(key)
  if own then
    local at = redis.pcall('PEXPIRETIME', key)
    if type(at) == 'number' then return at end
    own = false
  end
  while true do
    local a, left, b = redis.call('TIME'), redis.call('PTTL', key), redis.call('TIME')
    local ms = a[1] * 1000 + math.floor(a[2] / 1000)
    if left < 0 then return left end
    if ms == b[1] * 1000 + math.floor(b[2] / 1000) then return ms + left end
  end
end`;

/** Value, length and expiry of each key in `asked`, no value longer than ARGV[1], and none beyond ARGV[2] in all. */
const LOOK = `
local most, left, out = tonumber(ARGV[1]), tonumber(ARGV[2]), {}
for i = 1, #asked do
  local size, value = redis.pcall('STRLEN', asked[i]), false
  if type(size) ~= 'number' then size = -1
  elseif size <= most and size <= left then
    value = redis.call('GET', asked[i])
    left = left - size
  end
  out[3 * i - 2] = value
  out[3 * i - 1] = size
  out[3 * i] = expiry(asked[i])
end
return out`;

export const FLAGS = "#!lua flags=no-writes,allow-cross-slot-keys\n";
/** Keys as arguments: in a cluster those of one command would have to share a slot. */
export const MANY = `${EXPIRY}\nlocal asked = {unpack(ARGV, 3)}${LOOK}`;
export const ONE = `${EXPIRY}\nlocal asked = KEYS${LOOK}`;

/** Stands for the size of what is no string, since no string is that long. */
export const NO_STRING = 0xffff_ffff;

/** What is no string is no session; any other error is one of the whole window. */
export const WINDOW = `${EXPIRY}
local reply = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
local keys, facts = reply[2], {}
for i, key in ipairs(keys) do
  local size = redis.pcall('STRLEN', key)
  if type(size) ~= 'number' then
    if not string.find(size.err, 'WRONGTYPE', 1, true) then return size end
    size = ${NO_STRING}
  end
  facts[i] = struct.pack('<I4I4d', #key, size, expiry(key))
end
return {reply[1], table.concat(facts), table.concat(keys)}`;

/** Scripts that read alone, for servers without EVAL_RO. */
export const readScripts: ReadonlySet<string> = new Set([MANY, ONE, WINDOW]);
