#!/usr/bin/env bats
# How the registry tools get in: challenges, tokens, credentials.  Numbers of cases and
# quirks are those of the project's list of what real registries do.

load helpers
load registry

# --- challenges ---

# The token that these challenges lead to opens the manifest.
challenge_works() {
	weather "* /v2/x/manifests/.* auth challenge='$1'"
	expect 0 reg-manifest "$FAULT/x:small"
	same "$output" "$(cat "$(blob_path "$SMALL")")" || {
		echo "challenge: $1"
		return 1
	}
	[ "$(count '.path == "/token"')" = 1 ]
}

@test "reg-token: several challenges in one field, Bearer anywhere (case 72) (quirk 10)" {
	local t='Bearer realm="{self}/token",service="rig",scope="repository:x:pull"'
	challenge_works "Basic realm=\"no\", $t"
	challenge_works "$t, Basic realm=\"no\""
	challenge_works "Negotiate, $t"
	challenge_works "Negotiate dG9rZW42OA==, $t"
	challenge_works "Digest realm=\"a, b\", nonce=\"x=y\", $t"
}

@test "reg-token: several WWW-Authenticate fields (case 72)" {
	challenge_works 'Negotiate && Bearer realm="{self}/token",service="rig"'
	challenge_works 'Bearer realm="{self}/token",service="rig" && Basic realm="x"'
}

@test "reg-token: unquoted values, any case, spaces (case 72) (quirk 10)" {
	challenge_works 'Bearer realm={self}/token,service=rig'
	challenge_works 'BEARER REALM="{self}/token",Service="rig"'
	challenge_works 'bearer realm="{self}/token" , service="rig"'
	challenge_works 'Bearer   realm = "{self}/token",   service = "rig"'
	challenge_works 'Bearer realm="{self}/token",service="rig",'
	challenge_works 'Bearer service="rig",unknown="x",realm="{self}/token"'
}

@test "reg-token: escaped quotes in a value reach the token server unescaped (case 72) (quirk 10)" {
	challenge_works 'Bearer realm="{self}/token",service="a \"b\" \\ c"'
	weather '* /v2/x/.* auth challenge='\''Bearer realm="{self}/token",service="a \"b\\ & c"'\'
	expect 0 reg-token "$FAULT/x:small"
	same "$(heard 'select(.path == "/token") | .query | @uri "\(.)"' |
		grep -o 'service%3D[^&]*' | sed 's/%26.*//; s/%25/%/g')" 'service%3Da%20%22b%5C%20%26%20c' ||
		same "$(heard 'select(.path == "/token") | .query' | grep -o 'service=[^&]*')" \
			'service=a%20%22b%5C%20%26%20c' ||
		same "$(heard 'select(.path == "/token") | .query' | grep -o 'service=[^&]*')" \
			'service=a+%22b%5C+%26+c'
}

@test "reg-token: a Bearer challenge without a realm is said, status 3 (case 72)" {
	weather '* /v2/.* auth challenge='\''Bearer service="rig"'\'
	expect 3 reg-manifest "$FAULT/x:small"
	[ "$output" = "" ]
	[ "$(wc -l <<<"$stderr")" -le 2 ]
}

@test "reg-token: the challenge's scope is asked for as well as our own (case 75)" {
	weather '* /v2/x/.* auth challenge='\''Bearer realm="{self}/token",service="rig",scope="repository:x:pull,delete"'\'
	expect 0 reg-token "$FAULT/x:small"
	heard 'select(.path == "/token") | .query' | grep -E 'repository(:|%3A)x(:|%3A)pull(,|%2C)delete'
}

@test "reg-token: -a pull,push asks for both" {
	weather '* /v2/.* auth'
	expect 0 reg-token -a pull,push "$FAULT/x:small"
	heard 'select(.path == "/token") | .query' | grep -E 'repository(:|%3A)x(:|%3A)pull(,|%2C)push'
}

@test "reg-token: insufficient_scope earns a token with the scope asked for (case 75) (quirk 9)" {
	weather '* /v2/x/manifests/.* auth scope=repository:other:pull'
	expect 0 reg-manifest "$FAULT/x:small"
	[ "$(count '.path == "/token"')" -le 2 ]
}

@test "reg-token: a resource's 401 or 403 without a challenge: /v2/ is asked (case 77) (quirk 2)" {
	local code
	for code in 401 403; do
		weather "* /v2/x/manifests/.* auth challenge=none deny=$code" \
			'* /v2/ auth challenge='\''Bearer realm="{self}/token",service="rig"'\'
		expect 0 reg-manifest "$FAULT/x:small"
		[ "$(count '.path == "/v2/"')" -ge 1 ]
	done
}

@test "reg-token: the resource's challenge comes before that of /v2/ (quirk 2)" {
	weather '* /v2/ auth challenge='\''Bearer realm="{self}/token"'\' \
		'* /v2/x/manifests/.* auth challenge='\''Bearer realm="{self}/token",service="named"'\'
	expect 0 reg-manifest "$FAULT/x:small"
	heard 'select(.path == "/token") | .query' | grep -q 'service=named'
}

# --- the token server's answer ---

@test "reg-token: token, access_token, or both (case 73) (quirk 8)" {
	local body
	for body in '{"token":"{token}"}' '{"access_token":"{token}"}' \
		'{"token":"{token}","access_token":"{token}"}' \
		'{"token":"","access_token":"{token}"}' \
		'{"token":null,"access_token":"{token}","scope":""}'; do
		weather '* /v2/x/.* auth' "GET /token body='$body'"
		expect 0 reg-manifest "$FAULT/x:small"
		expect 0 reg-token "$FAULT/x:small"
		[[ $output =~ ^tok-[0-9]+$ ]]
	done
}

@test "reg-token: expires_in absent, zero or huge, issued_at zero or in the future (case 73) (quirk 8)" {
	local more
	for more in '' ',"expires_in":0' ',"expires_in":-5' ',"expires_in":1e30' ',"expires_in":"60"' \
		',"issued_at":"0001-01-01T00:00:00Z"' ',"issued_at":"2999-01-01T00:00:00Z"' \
		',"expires_in":1,"issued_at":"2001-01-01T00:00:00Z"'; do
		weather '* /v2/x/.* auth' "GET /token body='{\"token\":\"{token}\"$more}'"
		expect 0 reg-manifest "$FAULT/x:small"
		[ "$(count '.path == "/token"')" = 1 ]
	done
}

@test "reg-token: an answer that is no JSON, or holds no token, is one line and no success" {
	local body
	for body in 'hello' '[]' '{}' '{"token":5}' '' '{"token":"a\nb"}' '{"token":"a b\u0000c"}'; do
		weather '* /v2/x/.* auth' "GET /token body='$body'"
		run --separate-stderr reg-token "$FAULT/x:small"
		[ "$status" = 1 ] || [ "$status" = 3 ]
		[ -z "$output" ]
		[ "$(wc -l <<<"$stderr")" -le 2 ]
	done
}

@test "reg-token: prints the token and a newline, nothing on stderr" {
	weather '* /v2/x/.* auth'
	reg-token "$FAULT/x:small" >out 2>err
	same "$(cat out)" "$(heard 'select(.path == "/token") | "tok-\(.n)"')"
	[ "$(wc -l <out)" = 1 ]
	[ ! -s err ]
}

@test "reg-token: an open registry and a Basic one want no token: nothing, status 0" {
	expect 0 reg-token "$FAULT/x:small"
	[ -z "$output$stderr" ]
	weather '* /v2/.* basic'
	login_file auth.json "$FAULT"
	REGISTRY_AUTH_FILE=$PWD/auth.json expect 0 reg-token "$FAULT/x:small"
	[ -z "$output$stderr" ]
}

@test "reg-token: refused without any challenge is 3, of a missing image nothing" {
	local code
	for code in 401 403; do
		weather "* /v2/.* status=$code"
		expect 3 reg-token "$FAULT/x:small"
		says "HTTP $code"
		[ -z "$output" ]
	done
	weather '* /v2/x/.* status=404'
	expect 0 reg-token "$FAULT/x:small"
	[ -z "$output$stderr" ]
}

# --- POST and GET ---

@test "reg-token: a POST refused with 400, 401, 404 or 405 becomes a GET (case 74) (quirk 9)" {
	local code
	printf '{"auths":{"%s":{"auth":"%s","identitytoken":"identity-rig"}}}' "$FAULT" \
		"$(printf 'rig:s3cret:pa ss' | base64)" >auth.json
	export REGISTRY_AUTH_FILE=$PWD/auth.json
	for code in 400 401 404 405; do
		weather '* /v2/x/.* auth' "POST /token status=$code body='{}'"
		expect 0 reg-manifest "$FAULT/x:small"
		[ "$(count '.path == "/token" and .method == "POST"')" -ge 1 ]
		[ "$(count '.path == "/token" and .method == "GET" and .status == 200')" = 1 ]
	done
}

@test "reg-token: an identity token goes out by POST, never in a URL (case 79)" {
	printf '{"auths":{"%s":{"identitytoken":"identity-rig"}}}' "$FAULT" >auth.json
	weather '* /v2/x/.* auth'
	REGISTRY_AUTH_FILE=$PWD/auth.json expect 0 reg-manifest "$FAULT/x:small"
	same "$(heard 'select(.path == "/token") | .form | "\(.grant_type) \(.refresh_token) \(.service)"')" \
		'refresh_token identity-rig rig'
	[ "$(count '.query | test("identity-rig")')" = 0 ]
}

@test "reg-token: a user's password goes out in a header or a body, never in a URL" {
	login_file auth.json "$FAULT"
	weather '* /v2/x/.* auth'
	REGISTRY_AUTH_FILE=$PWD/auth.json expect 0 reg-manifest "$FAULT/x:small"
	[ "$(count '.query | test("s3cret")')" = 0 ]
	[ "$(count '.path == "/token" and (.headers.authorization != null or .form.password != null)')" = 1 ]
}

@test "reg-token: a wrong password is 3, and says so without the password" {
	login_file auth.json "$FAULT" rig:wr0ng
	weather '* /v2/x/.* auth'
	REGISTRY_AUTH_FILE=$PWD/auth.json expect 3 reg-token -x "$FAULT/x:small"
	[[ $output$stderr != *wr0ng* ]]
	[[ $output$stderr != *"$(printf rig:wr0ng | base64)"* ]]
	REGISTRY_AUTH_FILE=$PWD/auth.json expect 3 reg-manifest "$FAULT/x:small"
	[ -z "$output" ]
}

@test "reg-token: a 403 of registry or token server is 3, a 404 of the image 4" {
	weather 'GET /v2/x/.* status=403'
	expect 3 reg-manifest "$FAULT/x:small"
	weather '* /v2/x/.* auth' 'GET /token status=403'
	expect 3 reg-token "$FAULT/x:small"
	expect 3 reg-manifest "$FAULT/x:small"
	weather
	expect 4 reg-manifest "$FAULT/x:nosuchtag"
	[ "$(count '.path | test("nosuchtag")')" = 1 ]
}

@test "reg-token: -u USER --password-stdin" {
	weather '* /v2/x/.* auth'
	expect 0 reg-token -u rig --password-stdin "$FAULT/x:small" <<<'s3cret:pa ss'
	[[ $output =~ ^tok- ]]
	expect 3 reg-token -u rig --password-stdin "$FAULT/x:small" <<<'other'
	[ "$(count '.query | test("s3cret")')" = 0 ]
}

# --- REG_TOKEN ---

@test "reg-token: REG_TOKEN is used as it is, an empty one is unset, a refused one replaced" {
	weather '* /v2/x/.* auth'
	token=$(reg-token "$FAULT/x:small")
	weather '* /v2/x/.* auth'
	REG_TOKEN=$token expect 0 reg-manifest "$FAULT/x:small"
	[ "$(count '.path == "/token"')" = 0 ]
	REG_TOKEN='' expect 0 reg-manifest "$FAULT/x:small"
	[ "$(count '.headers.authorization == "Bearer "')" = 0 ]
	weather '* /v2/x/.* auth'
	REG_TOKEN=stale expect 0 reg-manifest "$FAULT/x:small"
	[ "$(count '.path == "/token"')" = 1 ]
}

# --- where a realm may lead ---

@test "reg-token: a realm may be relative, and keep a query of its own (case 76) (quirk 10)" {
	challenge_works 'Bearer realm="/token",service="rig"'
	challenge_works 'Bearer realm="/token?account=x&empty=",service="rig"'
	heard 'select(.path == "/token") | .query' | grep -q 'account=x&empty=&.*service=rig'
	challenge_works 'Bearer realm="{self}/token?a=b"'
}

@test "reg-token: a relative realm without a slash is taken against the request (case 76)" {
	weather '* /v2/x/.* auth challenge='\''Bearer realm="token",service="rig"'\'
	run --separate-stderr reg-token "$FAULT/x:small"
	[ "$(heard 'select(.path | endswith("token")) | .path' | head -1)" != "" ] || [ "$status" != 0 ]
}

@test "reg-token: an https registry's realm is never http, nor another scheme (case 76)" {
	local realm
	login_file auth.json "$FAULT_TLS"
	export REGISTRY_AUTH_FILE=$PWD/auth.json
	for realm in '{http}/token' 'file:///etc/passwd' 'ftp://localhost/' 'javascript:x' 'gopher://localhost/'; do
		weather "* /v2/.* auth challenge='Bearer realm=\"$realm\",service=\"rig\"'"
		run --separate-stderr reg-token "$FAULT_TLS/x:small"
		[ "$status" = 1 ] || [ "$status" = 3 ]
		[ -z "$output" ]
		[ "$(count '.path == "/token"')" = 0 ]
	done
}

@test "reg-token: a registry outside never sends us to loopback (case 76) (case 91)" {
	run --separate-stderr outside '
		reg-token registry.test/x:small
		echo "status $?"
		echo "asked inside: $(wc -l <"$TMP/inside/requests")"' \
		'* /v2/.* auth challenge='\''Bearer realm="https://localhost:1/token",service="rig"'\'
	[[ $output == *"status 1"* ]] || [[ $output == *"status 3"* ]]
	[[ $output == *"asked inside: 0"* ]]
	says 'loopback|refus|this machine'
}

@test "reg-token: a token endpoint's redirect takes no credentials to another host" {
	login_file auth.json "$FAULT"
	weather '* /v2/x/.* auth' 'GET /token x1 redirect={http2}/token?{query}'
	REGISTRY_AUTH_FILE=$PWD/auth.json run --separate-stderr reg-token "$FAULT/x:small"
	[ "$(count '.at == "http2" and .headers.authorization != null')" = 0 ]
}

# --- Basic ---

@test "reg-token: a Basic registry is answered with Basic (case 78)" {
	login_file auth.json "$FAULT"
	weather '* /v2/.* basic'
	REGISTRY_AUTH_FILE=$PWD/auth.json expect 0 reg-manifest "$FAULT/x:small"
	REGISTRY_AUTH_FILE=$PWD/auth.json expect 0 reg-blob "$FAULT/x" "$BLOB"
	expect 3 reg-manifest "$FAULT/x:small"
}

# --- where credentials come from ---

works_as_rig() {
	weather '* /v2/.* basic'
	expect 0 reg-manifest "$FAULT/${1:-x}:small"
}

@test "reg-token: auth files, the first found wins (case 79)" {
	login_file "$HOME/.docker/config.json" "$FAULT"
	works_as_rig
	rm -r "$HOME/.docker"
	login_file "$TMP/xdgc/containers/auth.json" "$FAULT"
	XDG_CONFIG_HOME=$TMP/xdgc works_as_rig
	login_file "$HOME/.config/containers/auth.json" "$FAULT"
	works_as_rig
	rm -r "$HOME/.config"
	login_file "$TMP/run/containers/auth.json" "$FAULT"
	XDG_RUNTIME_DIR=$TMP/run works_as_rig
	login_file "$TMP/dc/config.json" "$FAULT"
	DOCKER_CONFIG=$TMP/dc works_as_rig
	login_file "$TMP/file" "$FAULT"
	REGISTRY_AUTH_FILE=$TMP/file works_as_rig
	# Wrong credentials further down the list don't matter.
	login_file "$HOME/.docker/config.json" "$FAULT" rig:wrong
	DOCKER_CONFIG=$TMP/dc works_as_rig
	XDG_RUNTIME_DIR=$TMP/run works_as_rig
}

@test "reg-token: keys: host, https://host, https://host/v1/, host/namespace, longest wins (case 79)" {
	local key
	for key in "$FAULT" "https://$FAULT" "https://$FAULT/" "https://$FAULT/v1/" "https://$FAULT/v2/" \
		"$FAULT/team" "$FAULT/team/app"; do
		login_file "$HOME/.docker/config.json" "$key"
		works_as_rig team/app
	done
	good=$(printf 'rig:s3cret:pa ss' | base64)
	bad=$(printf 'rig:bad' | base64)
	printf '{"auths":{"%s":{"auth":"%s"},"%s/team":{"auth":"%s"},"%s/te":{"auth":"%s"},"%s/team/apple":{"auth":"%s"}}}' \
		"$FAULT" "$bad" "$FAULT" "$good" "$FAULT" "$bad" "$FAULT" "$bad" >"$HOME/.docker/config.json"
	works_as_rig team/app
	expect 3 reg-manifest "$FAULT/other:small"
}

@test "reg-token: username and password fields instead of auth (case 79)" {
	mkdir "$HOME/.docker"
	printf '{"auths":{"%s":{"username":"rig","password":"s3cret:pa ss"}}}' "$FAULT" >"$HOME/.docker/config.json"
	works_as_rig
}

# A credential helper that answers as docker-credential-pass does, and notes what it was
# asked and whether the secret was visible.
helper() {
	mkdir -p "$TMP/helpers"
	cat >"$TMP/helpers/docker-credential-$1" <<-'EOT'
		#!/bin/sh
		echo "$*" >>"$TMP/asked"
		read -r host
		echo "$host" >>"$TMP/asked"
		case $host in
		"$KNOWN") printf '{"ServerURL":"%s","Username":"rig","Secret":"s3cret:pa ss"}\n' "$host" ;;
		token.*) printf '{"Username":"<token>","Secret":"identity-rig"}\n' ;;
		broken.*) echo "the vault is sealed" >&2; exit 1 ;;
		*) echo "credentials not found in native keychain"; exit 1 ;;
		esac
	EOT
	chmod +x "$TMP/helpers/docker-credential-$1"
	export TMP KNOWN=$FAULT PATH=$TMP/helpers:$PATH
}

@test "reg-token: credHelpers and credsStore run the helper (case 79)" {
	mkdir "$HOME/.docker"
	helper vault
	printf '{"credHelpers":{"%s":"vault"}}' "$FAULT" >"$HOME/.docker/config.json"
	works_as_rig
	same "$(head -2 "$TMP/asked" | tr '\n' ' ')" "get $FAULT "
	printf '{"credsStore":"vault"}' >"$HOME/.docker/config.json"
	works_as_rig
	printf '{"credsStore":"vault","auths":{"%s":{}}}' "$FAULT" >"$HOME/.docker/config.json"
	works_as_rig
}

@test "reg-token: the script of -n finds credentials by the same keys, and asks a helper" {
	requires curl jq
	local key
	mkdir "$HOME/.docker"
	weather '* /v2/.* basic'
	for key in "$FAULT" "https://$FAULT/v1/" "$FAULT/x"; do
		login_file "$HOME/.docker/config.json" "$key"
		reg-manifest -n "$FAULT/x:small" | sh 2>/dev/null | cmp - "$(blob_path "$SMALL")"
	done
	helper vault
	printf '{"credsStore":"vault","auths":{"%s":{}}}' "$FAULT" >"$HOME/.docker/config.json"
	reg-manifest -n "$FAULT/x:small" | sh 2>/dev/null | cmp - "$(blob_path "$SMALL")"
}

@test "reg-token: a helper that doesn't know the host means no credentials (case 79)" {
	mkdir "$HOME/.docker"
	helper vault
	export KNOWN=other
	printf '{"credsStore":"vault"}' >"$HOME/.docker/config.json"
	weather '* /v2/.* auth'
	expect 0 reg-token "$FAULT/x:small"
	weather '* /v2/.* basic'
	expect 3 reg-manifest "$FAULT/x:small"
}

@test "reg-token: a helper's <token> user is an identity token (case 79)" {
	mkdir "$HOME/.docker"
	helper vault
	sed -i 's/token\.\*/*:*/' "$TMP/helpers/docker-credential-vault"
	export KNOWN=other
	printf '{"credsStore":"vault"}' >"$HOME/.docker/config.json"
	weather '* /v2/.* auth'
	expect 0 reg-token "$FAULT/x:small"
	same "$(heard 'select(.path == "/token") | .form.refresh_token')" identity-rig
}

@test "reg-token: a helper's name is one word, never a path or a command" {
	local name
	mkdir "$HOME/.docker"
	helper vault
	cp "$TMP/helpers/docker-credential-vault" "$TMP/docker-credential-x"
	weather '* /v2/.* basic'
	for name in '../x' '/x' 'vault; touch pwned' 'va ult' '$(touch pwned)' '-x' ''; do
		jq -cn --arg n "$name" '{credsStore: $n}' >"$HOME/.docker/config.json"
		run --separate-stderr reg-manifest "$FAULT/x:small"
		[ "$status" != 0 ]
		[ ! -e "$TMP/asked" ]
		[ ! -e pwned ]
	done
}

@test "reg-token: an auth file that is not JSON is one line that names it, not the secret in it" {
	mkdir "$HOME/.docker"
	printf '{"auths":{"%s":{"auth":"c2VjcmV0"' "$FAULT" >"$HOME/.docker/config.json"
	weather '* /v2/.* basic'
	run --separate-stderr reg-manifest "$FAULT/x:small"
	[ "$status" = 1 ] || [ "$status" = 3 ]
	says "$HOME/.docker/config.json"
	[[ $stderr != *c2VjcmV0* ]]
}

@test "reg-token: Docker Hub's names and its credential keys (case 79) (quirk 12)" {
	cp "$(blob_path "$SMALL")" "$FAULT_DIR/tags/latest"
	for key in https://index.docker.io/v1/ docker.io; do
		rm -rf "$TMP/outside" "$TMP/inside"
		login_file "$HOME/.docker/config.json" "$key"
		run --separate-stderr outside '
			reg-manifest small >/dev/null && reg-manifest docker.io/user/small:small >/dev/null &&
				reg-manifest index.docker.io/small >/dev/null || echo failed
			jq -r ".headers.host + .path" "$TMP/outside/requests"' \
			'* /v2/library/small/manifests/latest basic' \
			'* /v2/user/small/manifests/.* basic' '* /v2/ basic'
		echo "$output$stderr"
		[[ $output == *"registry-1.docker.io/v2/library/small/manifests/latest"* ]]
		[[ $output == *"registry-1.docker.io/v2/user/small/manifests/small"* ]]
		[[ $output != *failed* ]]
	done
}

# --- secrets ---

@test "reg-token: no secret is ever in an argument, a message, -x or -n (case 80)" {
	requires strace
	mkdir "$HOME/.docker"
	helper vault
	printf '{"credsStore":"vault"}' >"$HOME/.docker/config.json"
	jq -c '.' "$(blob_path "$SMALL")" >manifest
	cp "$(blob_path "$SMALL")" manifest
	weather '* /v2/.* auth' 'GET .*/blobs/.* @2 auth=uses:0'
	for command in 'reg-token -x $FAULT/x:small' 'reg-manifest -x $FAULT/x:small' \
		'reg-blob -x -C layout $FAULT/x:small <manifest' 'reg-blob -x $FAULT/x $BLOB' \
		'reg-token -n $FAULT/x:small' 'reg-blob -n -C layout2 $FAULT/x:small <manifest'; do
		strace -f -qq -e trace=execve -s 65535 -o trace sh -c "$command" >out 2>err
		[ -s trace ]
		cat trace >>traces
		[ "${command%% *}" = reg-token ] && continue
		cat out >>outs
		cat err >>outs
	done
	for secret in s3cret "$(printf 'rig:s3cret:pa ss' | base64)" 'tok-[0-9]'; do
		! grep -e "$secret" traces || false
		! grep -a -e "$secret" outs || false
	done
	[ "$(count '.path == "/token" and .status == 200')" -ge 4 ]
}

@test "reg-token: neither -x nor -n prints the token; stderr of -x is silent about it (case 80)" {
	login_file auth.json "$FAULT"
	export REGISTRY_AUTH_FILE=$PWD/auth.json
	weather '* /v2/.* auth'
	token=$(reg-token -x "$FAULT/x:small" 2>err)
	! grep -e "$token" -e s3cret -e czNjcmV0 err || false
	REG_TOKEN=verysecret expect 0 reg-token -n "$FAULT/x:small"
	[[ $output$stderr != *verysecret* ]]
	REG_TOKEN=verysecret expect 0 reg-manifest -n "$FAULT/x:small"
	[[ $output$stderr != *verysecret* ]]
	[[ $output == *'$REG_TOKEN'* ]]
}

@test "reg-token: a process that holds a secret leaves no core and shows no memory (case 80)" {
	login_file auth.json "$FAULT"
	weather '* /v2/x/manifests/.* auth' 'GET /token delay=2'
	REGISTRY_AUTH_FILE=$PWD/auth.json reg-manifest "$FAULT/x:small" >out 3>&- &
	pid=$!
	await '.path | test("manifests")'
	sleep 0.3
	# A process that is not dumpable belongs to root in /proc, and has no readable mem.
	tr '\0' '\n' <"/proc/$pid/cmdline" >cmdline
	! grep -e s3cret cmdline || false
	tr '\0' '\n' <"/proc/$pid/environ" >environ 2>/dev/null || :
	! grep -e s3cret environ || false
	wait "$pid"
}

# --- the real thing ---

@test "reg-token: docker-registry with tokens that live two seconds, all the way (case 94)" {
	real_start --token
	"$ROOT/tests/rig/image" push "$FAULT_DIR" small "$REG/team/app:v1"
	# skopeo takes a token for good for a minute: it had to come before.
	"$ROOT/tests/rig/registry" stop "$TMP/real"
	real_start --token --lifetime 2
	export REGISTRY_AUTH_FILE=$REG_AUTHFILE
	export REG_TOKEN
	REG_TOKEN=$(reg-token "$REG/team/app:v1")
	expect 0 reg-manifest "$REG/team/app:v1"
	same "$output" "$(cat "$(blob_path "$SMALL")")"
	sleep 3
	reg-blob "$REG/team/app" "$BLOB" >blob
	same "sha256:$(sha blob)" "$BLOB"
	reg-manifest "$REG/team/app:v1" | { sleep 3; cat; } | reg-blob -C layout "$REG/team/app:v1" >lines
	[ "$(wc -l <lines)" -ge 4 ]
	unset REGISTRY_AUTH_FILE REG_TOKEN
	expect 3 reg-manifest "$REG/team/app:v1"
}

@test "reg-token: docker-registry with Basic, TLS and our own CA (case 78)" {
	real_start --tls --basic
	"$ROOT/tests/rig/image" push "$FAULT_DIR" small "$REG/team/app:v1"
	export REGISTRY_AUTH_FILE=$REG_AUTHFILE SSL_CERT_FILE=$REG_CA
	expect 0 reg-manifest "$REG/team/app:v1"
	reg-blob "$REG/team/app" "$BLOB" >blob
	same "sha256:$(sha blob)" "$BLOB"
	# A certificate that nobody vouches for never leads to plain http.
	SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt expect 1 reg-manifest "$REG/team/app:v1"
	says 'certificate|SSL|issuer'
}

@test "reg-token: docker-registry over TLS with tokens; a token for push" {
	real_start --tls --token
	export REGISTRY_AUTH_FILE=$REG_AUTHFILE SSL_CERT_FILE=$REG_CA
	expect 0 reg-token -a pull,push "$REG/team/app"
	[[ $output == *.*.* ]]
	cut -d. -f2 <<<"$output" | tr '_-' '/+' | base64 -d 2>/dev/null | grep -q '"push"'
}
