vcl 4.1;

# LL-HLS behind Varnish 7.1, for streams that everybody may watch: Varnish as Debian has it cannot check an HMAC. Where passes
# are needed, put nginx with frontrow-pass.js in front of it, or use one of the other caches. docs/cdn.md has the rest.

backend gateway {
    .host = "127.0.0.1";
    .port = "8080";
    .connect_timeout = 5s;
    # The gateway holds a request for 8 s at most.
    .first_byte_timeout = 15s;
    .between_bytes_timeout = 15s;
}

sub vcl_recv {
    if (req.url !~ "^/hls/") {
        return (synth(404));
    }
    if (req.method == "OPTIONS" || req.http.Authorization) {
        return (pass);
    }
    if (req.method != "GET" && req.method != "HEAD") {
        return (synth(405));
    }
    unset req.http.Cookie;
    # Only the directives, and only in one order: what the key is made of is all that the gateway is asked for.
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
    return (hash);
}

sub vcl_backend_response {
    # An old playlist shows a stream that stands still.
    set beresp.grace = 0s;
    set beresp.keep = 0s;
    if (beresp.http.Cache-Control ~ "(?i)no-store|private") {
        # Not hit-for-miss: a refusal must not make the next players wait one after the other, nor go past the cache for long.
        set beresp.uncacheable = true;
        set beresp.ttl = 1s;
    }
    return (deliver);
}
