# LL-HLS behind Fastly: a custom VCL. Dictionaries (private edge dictionaries): frontrow_keys, KID to SECRET as in
# auth.passKeys, and frontrow_edge with the key "edge", whose hash auth.edgeKeys has. The gateway is the backend, with
# first_byte_timeout 15 s. docs/cdn.md has the rest.

sub vcl_recv {
#FASTLY recv
  if (req.method == "OPTIONS") { return(pass); }
  if (req.method != "GET" && req.method != "HEAD") { error 405; }
  if (req.url.path !~ "^/hls/[^/%]+/[^%]+$" || req.url.path ~ "//" || req.url.path ~ "/\.") { error 404; }

  declare local var.pass STRING;
  declare local var.stream STRING;
  declare local var.ends STRING;
  declare local var.mac STRING;
  declare local var.holder STRING;
  declare local var.secret STRING;
  declare local var.expected STRING;

  if (req.url.path ~ "^/hls/t/([^/]+)/([^/]+)/(.+)$") {
    set var.pass = re.group.1;
    set var.stream = re.group.2;
    set req.url = "/hls/" + re.group.2 + "/" + re.group.3 + if(req.url.qs == "", "", "?" + req.url.qs);
  } else if (req.url.path ~ "^/hls/([^/]+)/") {
    set var.stream = re.group.1;
    set var.pass = if(req.http.Cookie:__Secure-frontrow, req.http.Cookie:__Secure-frontrow, req.http.Cookie:frontrow);
  }
  if (!var.pass) { error 401; }
  if (var.pass !~ "^([0-9]{10,12})\.([A-Za-z0-9_-]{1,32})\.([0-9a-f]{64})(?:\.([A-Za-z0-9_-]{1,128}))?$") { error 403; }
  set var.ends = re.group.1;
  set var.secret = table.lookup(frontrow_keys, re.group.2);
  set var.mac = "0x" + re.group.3;
  set var.holder = if(re.group.4, re.group.4, "");
  if (!var.secret || time.is_after(now, std.integer2time(std.atoi(var.ends)))) { error 403; }
  set var.expected = digest.hmac_sha256(var.secret,
    "/hls/" + var.stream + "/" + LF + var.ends + LF + var.holder);
  if (!digest.secure_is_equal(var.expected, var.mac)) { error 403; }

  # The key: path and the three directives, in one order.
  set req.url = querystring.sort(querystring.filter_except(req.url,
    "_HLS_msn" + querystring.filtersep() + "_HLS_part" + querystring.filtersep() + "_HLS_skip"));
  set req.http.Frontrow-Edge = table.lookup(frontrow_edge, "edge");
  unset req.http.Cookie;
  unset req.http.Authorization;
  # A blocked request is never asked twice, and an old playlist never served.
  set req.max_stale_while_revalidate = 0s;
  set req.max_stale_if_error = 0s;
  return(lookup);
}

sub vcl_fetch {
#FASTLY fetch
  set beresp.stale_if_error = 0s;
  set beresp.stale_while_revalidate = 0s;
  if (beresp.status >= 400 && (!beresp.http.Cache-Control || beresp.http.Cache-Control ~ "no-store")) {
    # What is not there, or too far ahead, may be there at any moment. Kept for no time at all, and by no pass: that would be
    # remembered, and everybody who asks for the same would go to the gateway. All else is told to those who waited together.
    set beresp.ttl = if(beresp.status == 400 || beresp.status == 404, 0s, 1s);
    set beresp.grace = 0s;
    return(deliver);
  }
  if (beresp.http.Cache-Control ~ "no-store|private") { return(pass); }
  # Without a Cache-Control there is nothing of the gateway's in it.
  if (!beresp.http.Cache-Control) { return(pass); }
  return(deliver);
}

sub vcl_error {
#FASTLY error
  if (obj.status == 401 || obj.status == 403 || obj.status == 404 || obj.status == 405) {
    set obj.http.Content-Type = "application/problem+json";
    set obj.http.Cache-Control = "no-store";
    set obj.http.Access-Control-Allow-Origin = "*";
    synthetic {"{"type":"about:blank","detail":"ask GET /join of the gateway for a new pass"}"};
    return(deliver);
  }
}
