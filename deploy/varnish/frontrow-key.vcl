# Keep this file readable by Varnish alone. As it is, streams are open to everybody.
sub frontrow_key {
    # For streams that need passes: the key whose hash auth.edgeKeys has; npm run token -- --new-key NAME makes one.
    # set req.http.Frontrow-Edge = "KEY";
}
