vcl 4.1;

# LL-HLS behind Varnish 7.1 or later, as Debian has it. It needs no secret of passes: it asks the gateway about each pass once
# and remembers the verdict until the pass ends. docs/cdn.md has the rest.

include "/etc/varnish/frontrow-key.vcl";

backend gateway {
    .host = "127.0.0.1";
    .port = "8080";
    .connect_timeout = 5s;
    # The gateway holds a request for 8 s at most.
    .first_byte_timeout = 15s;
    .between_bytes_timeout = 15s;
}

# A request that shows a pass goes round: first to the verdict about the pass, then, by a restart, to what it asked for.
sub vcl_recv {
    if (req.restarts > 0) {
        if (req.http.X-Frontrow-Pass) {
            call frontrow_ask;
        }
        # The verdict was good. This cache vouches for it, and the key is the same for everybody.
        set req.url = req.http.X-Frontrow-Target;
        call frontrow_key;
        return (hash);
    }
    # None of these is for viewers to say.
    unset req.http.Frontrow-Edge;
    unset req.http.X-Frontrow-Pass;
    unset req.http.X-Frontrow-Cookies;
    unset req.http.X-Frontrow-Target;
    # Nothing that the gateway and this file could read differently: plain names, at most two below the stream.
    if (req.url !~ "^/hls/(?:t/[\w.-]+/)?[A-Za-z0-9][\w.-]*(?:~\d+)?(?:/[\w-][\w.-]*){1,2}(?:\?|$)") {
        return (synth(404));
    }
    if (req.method == "OPTIONS") {
        unset req.http.Cookie;
        unset req.http.Authorization;
        return (pass);
    }
    if (req.method != "GET" && req.method != "HEAD") {
        return (synth(405));
    }
    call frontrow_directives;
    call frontrow_key;
    if (req.http.Frontrow-Edge) {
        unset req.http.Frontrow-Edge;
        call frontrow_guard;
    }
    unset req.http.Cookie;
    if (req.http.Authorization) {
        return (pass);
    }
    return (hash);
}

# Only the directives, and only in one order: what the key is made of is all that the gateway is asked for.
sub frontrow_directives {
    set req.http.X-Directives = "";
    if (req.url ~ "[?&]_HLS_msn=") {
        set req.http.X-Directives = "&_HLS_msn=" + regsub(req.url, "^.*?[?&]_HLS_msn=([^&]*).*$", "\1");
    }
    if (req.url ~ "[?&]_HLS_part=") {
        set req.http.X-Directives = req.http.X-Directives + "&_HLS_part=" + regsub(req.url, "^.*?[?&]_HLS_part=([^&]*).*$", "\1");
    }
    if (req.url ~ "[?&]_HLS_skip=") {
        set req.http.X-Directives = req.http.X-Directives + "&_HLS_skip=" + regsub(req.url, "^.*?[?&]_HLS_skip=([^&]*).*$", "\1");
    }
    set req.url = regsub(req.url, "\?.*$", "") + regsub(req.http.X-Directives, "^&", "?");
    unset req.http.X-Directives;
}

# Looks for a pass, in the path or else among the cookies, and asks about it. Who shows a token or nothing is the gateway's
# business, past the cache.
sub frontrow_guard {
    set req.http.X-Frontrow-Target = req.url;
    if (req.url ~ "^/hls/t/[^/]+/[^/]+/.") {
        set req.http.X-Frontrow-Target = regsub(req.url, "^/hls/t/[^/]+", "/hls");
        set req.http.X-Frontrow-Pass = regsub(req.url, "^/hls/t/([^/]+)/.*$", "\1");
    } elseif (!req.http.Authorization && req.http.Cookie ~ "(?:^|;)\s*(?:__Secure-)?frontrow=") {
        set req.http.X-Frontrow-Cookies = req.http.Cookie;
        call frontrow_next_cookie;
    }
    if (req.http.X-Frontrow-Target != req.url || req.http.X-Frontrow-Cookies) {
        unset req.http.Authorization;
        call frontrow_ask;
    }
    unset req.http.Cookie;
    return (pass);
}

# Takes the next pass out of the cookies: a browser that has several of a stream sends them all. There are as many rounds as
# max_restarts allows, four.
sub frontrow_next_cookie {
    unset req.http.X-Frontrow-Pass;
    if (req.http.X-Frontrow-Cookies ~ "(?:^|;)\s*(?:__Secure-)?frontrow=\d{10,12}\.[\w-]{1,32}\.[0-9a-f]{64}(?:\.[\w-]{1,128})?\s*(?:;|$)") {
        set req.http.X-Frontrow-Pass = regsub(req.http.X-Frontrow-Cookies,
            "^(?:.*?;)??\s*(?:__Secure-)?frontrow=(\d{10,12}\.[\w-]{1,32}\.[0-9a-f]{64}(?:\.[\w-]{1,128})?)\s*(?:;.*)?$", "\1");
        set req.http.X-Frontrow-Cookies = regsub(req.http.X-Frontrow-Cookies,
            "(?:^|;)\s*(?:__Secure-)?frontrow=\d{10,12}\.[\w-]{1,32}\.[0-9a-f]{64}(?:\.[\w-]{1,128})?\s*(?=;|$)", "");
    }
}

# Asks for the verdict. It is kept like any other file, below the name of the stream: a pass opens no other.
sub frontrow_ask {
    if (req.http.X-Frontrow-Pass !~ "^\d{10,12}\.[\w-]{1,32}\.[0-9a-f]{64}(?:\.[\w-]{1,128})?$") {
        return (synth(403));
    }
    unset req.http.Cookie;
    set req.url = "/hls/t/" + req.http.X-Frontrow-Pass + "/" + regsub(req.http.X-Frontrow-Target, "^/hls/([^/]+)/.*$", "\1") + "/pass";
    return (hash);
}

# The host is not in it: behind every one is the same gateway.
sub vcl_hash {
    hash_data(req.url);
    return (lookup);
}

sub vcl_backend_fetch {
    unset bereq.http.X-Frontrow-Pass;
    unset bereq.http.X-Frontrow-Cookies;
    unset bereq.http.X-Frontrow-Target;
}

sub vcl_backend_response {
    # An old playlist shows a stream that stands still.
    set beresp.grace = 0s;
    set beresp.keep = 0s;
    if (bereq.uncacheable) {
        return (deliver);
    }
    if (!beresp.http.Cache-Control || beresp.http.Cache-Control ~ "(?i)no-store|private") {
        if (beresp.status == 400 || beresp.status == 404) {
            # What is not there, or too far ahead, may be there at any moment. Kept for no time at all, and not passed by from then on
            # either: the next one who asks fetches it for everybody.
            set beresp.ttl = 0s;
        } elseif (beresp.status >= 400) {
            # Those who waited for it together hear it together. One after the other, each would wait for 8 s of its own.
            set beresp.ttl = 500ms;
        } else {
            set beresp.uncacheable = true;
            set beresp.ttl = 1s;
        }
    }
    return (deliver);
}

sub vcl_backend_error {
    call frontrow_unreachable;
    return (deliver);
}

sub frontrow_unreachable {
    set beresp.http.Content-Type = "application/problem+json";
    set beresp.http.Cache-Control = "no-store";
    set beresp.http.Access-Control-Allow-Origin = "*";
    set beresp.ttl = 500ms;
    set beresp.grace = 0s;
    set beresp.body = """{"type":"about:blank","title":"The gateway does not answer","status":503}""";
}

sub vcl_deliver {
    if (!req.http.X-Frontrow-Pass) {
        return (deliver);
    }
    if (resp.status == 204) {
        unset req.http.X-Frontrow-Pass;
        return (restart);
    }
    if (resp.status == 403 && req.http.X-Frontrow-Cookies) {
        call frontrow_next_cookie;
        if (req.http.X-Frontrow-Pass) {
            return (restart);
        }
    }
    # The gateway's own refusal.
    return (deliver);
}

sub vcl_synth {
    set resp.http.Content-Type = "application/problem+json";
    set resp.http.Cache-Control = "no-store";
    set resp.http.Access-Control-Allow-Origin = "*";
    if (resp.status == 403) {
        set resp.body = """{"type":"urn:frontrow:problem:pass-invalid","title":"Not allowed","status":403,"code":"pass-invalid",""" +
            """"detail":"this pass is not valid or has expired; ask GET /join for a new one",""" +
            """"error":"this pass is not valid or has expired; ask GET /join for a new one"}""";
    } else {
        set resp.body = """{"type":"about:blank","status":""" + resp.status + "}";
    }
    return (deliver);
}
