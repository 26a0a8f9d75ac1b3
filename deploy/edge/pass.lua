-- Checks LL-HLS passes in Apache Traffic Server (tslua, Debian package trafficserver-experimental-plugins). The gateway's
-- docs/cdn.md says what a pass is. The file named by the first parameter returns the keys:
--   return { passes = { ["KID"] = "SECRET" }, edge = "KEY whose hash auth.edgeKeys has" }

local keys

-- Secrets in hexadecimal digits, as ts.hmac_sha256 wants them.
local secrets = {}

function __init__(arguments)
  keys = dofile(arguments[1])
  for kid, secret in pairs(keys.passes) do
    secrets[kid] = secret:gsub('.', function(character) return ('%02x'):format(character:byte()) end)
  end
  return 0
end

-- Looks at every character, so that the time tells nothing about how much of a guess was right.
local function same(one, other)
  if #one ~= #other then return false end
  local difference = 0
  for at = 1, #one do
    if one:byte(at) ~= other:byte(at) then difference = difference + 1 end
  end
  return difference == 0
end

local function opens(pass, stream)
  local ends, kid, mac, holder = pass:match('^(%d+)%.([%w_-]+)%.(%x+)$')
  if not ends then ends, kid, mac, holder = pass:match('^(%d+)%.([%w_-]+)%.(%x+)%.([%w_-]+)$') end
  if not ends or #ends > 12 or #mac ~= 64 then return false end
  local secret = secrets[kid]
  if not secret or tonumber(ends) <= ts.now() then return false end
  local signed = '/hls/' .. stream .. '/\n' .. ends .. '\n' .. (holder or '')
  return same(ts.hmac_sha256(secret, signed):lower(), mac)
end

local function cookies_open(header, stream)
  local found = false
  for pair in header:gmatch('[^;]+') do
    local pass = pair:match('^%s*__Secure%-frontrow=(.-)%s*$') or pair:match('^%s*frontrow=(.-)%s*$')
    if pass then
      found = true
      if opens(pass, stream) then return 'pass' end
    end
  end
  return found and 'refused' or 'ask'
end

function say_problem()
  ts.client_response.header['Cache-Control'] = 'no-store'
  ts.client_response.header['Access-Control-Allow-Origin'] = '*'
  return 0
end

local function refuse()
  local detail = 'this pass is not valid or has expired; ask GET /join for a new one'
  ts.http.set_resp(403, '{"type":"urn:frontrow:problem:pass-invalid","title":"Not allowed","status":403,'
    .. '"code":"pass-invalid","detail":"' .. detail .. '","error":"' .. detail .. '"}')
  ts.hook(TS_LUA_HOOK_SEND_RESPONSE_HDR, say_problem)
end

-- `pass` (and the path without it), `refused`, or `ask` where there is none.
local function verdict_of(path, header)
  -- Nothing that the gateway and this file could read differently.
  if path:find('[%%\\]') or path:find('//', 1, true) or path:find('/.', 1, true) then return 'refused' end
  local pass, stream, rest = path:match('^/hls/t/([^/]+)/([^/]+)/(.+)$')
  if pass then
    return opens(pass, stream) and 'pass' or 'refused', '/hls/' .. stream .. '/' .. rest
  end
  stream = path:match('^/hls/([^/]+)/.')
  if not stream or header['Authorization'] or not header['Cookie'] then return 'ask', path end
  return cookies_open(header['Cookie'], stream), path
end

function do_remap()
  local header = ts.client_request.header
  local path = ts.client_request.get_uri()
  local understood, verdict, target = pcall(verdict_of, path, header)
  if not understood then ts.error('pass.lua: ' .. tostring(verdict)) end
  if not understood or verdict == 'refused' then
    refuse()
    return 0
  end
  header['Cookie'] = nil
  header['Frontrow-Edge'] = nil
  if verdict == 'pass' then
    ts.client_request.set_uri(target)
    header['Authorization'] = nil
    header['Frontrow-Edge'] = keys.edge
  else
    -- The gateway decides, and nothing comes from the cache or goes into it.
    ts.http.config_int_set(TS_LUA_CONFIG_HTTP_CACHE_HTTP, 0)
  end
  return 0
end
