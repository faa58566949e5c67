#!/usr/bin/env bats
# reg-token against a real docker-registry with TLS and a token server.  What bad
# registries do is in registry-auth.bats.

load helpers
load registry

setup_file() {
	real_setup_file --tls --token
	fault_images "$LAYOUT"
	"$ROOT/tests/rig/image" push "$LAYOUT" small "$REG/x/y:small"
}

setup() {
	registry_setup
	export SSL_CERT_FILE=$REG_CA
}

claims() { # the middle part of a token, base64 without its padding
	local body
	body=$(cut -d. -f2 <<<"$1" | tr _- /+)
	while [ $((${#body} % 4)) != 0 ]; do body+='='; done
	base64 -d <<<"$body"
}

@test "reg-token: the token is for this repository and these actions" {
	export REGISTRY_AUTH_FILE=$REG_AUTHFILE
	expect 0 reg-token "$REG/x/y:small"
	same "$(claims "$output" | jq -c '.access[] | [.name, .actions]')" '["x/y",["pull"]]'
	expect 0 reg-token -a push,pull "$REG/x/new"
	same "$(claims "$output" | jq -c '.access[] | [.name, (.actions | sort)]')" '["x/new",["pull","push"]]'
}

@test "reg-token: its token opens the registry for the next tools, and for curl" {
	token=$(REGISTRY_AUTH_FILE=$REG_AUTHFILE reg-token "$REG/x/y:small")
	REG_TOKEN=$token expect 0 reg-manifest "$REG/x/y:small"
	expect 0 curl -fsS --cacert "$REG_CA" -H "Authorization: Bearer $token" "https://$REG/v2/x/y/tags/list"
}

@test "reg-token: without credentials a private repository is 3, with a hint" {
	expect 3 reg-manifest "$REG/x/y:small"
	says 'hint: .*REG_TOKEN'
	[ -z "$output" ]
}

@test "reg-token: -u and --password-stdin go together, and a user has no colon" {
	expect 2 reg-token -u me "$REG/x/y"
	expect 2 reg-token --password-stdin "$REG/x/y"
	expect 2 reg-token -u me:secret --password-stdin "$REG/x/y" <<<x
	expect 1 reg-token -u me --password-stdin "$REG/x/y" </dev/null
	expect 0 reg-token -u "$REG_USER" --password-stdin "$REG/x/y" <<<"$REG_PASS"
	[ -n "$output" ]
}

@test "reg-token: -a takes pull, push and delete" {
	expect 2 reg-token -a pul "$REG/x/y"
	expect 2 reg-token -a pull, "$REG/x/y"
	expect 2 reg-token -a '' "$REG/x/y"
}

@test "reg-token: a layout needs no token" {
	expect 0 reg-token oci:nowhere
	[ -z "$output$stderr" ]
}

@test "reg-token: -n is a script that gets a token as the tool does" {
	requires curl jq
	export REGISTRY_AUTH_FILE=$REG_AUTHFILE CURL_CA_BUNDLE=$REG_CA
	reg-token -n "$REG/x/y:small" >script
	token=$(sh -u script)
	same "$(claims "$token" | jq -c '.access[] | [.name, .actions]')" '["x/y",["pull"]]'
}

@test "reg-token: certs.d holds the CA of one registry" {
	unset SSL_CERT_FILE
	export XDG_CONFIG_HOME=$TMP/config REGISTRY_AUTH_FILE=$REG_AUTHFILE
	expect 1 reg-token "$REG/x/y:small"
	says certificate
	mkdir -p "$XDG_CONFIG_HOME/containers/certs.d/$REG"
	cp "$REG_CA" "$XDG_CONFIG_HOME/containers/certs.d/$REG/ca.crt"
	# The token server is another host, and has a directory of its own.
	expect 1 reg-token "$REG/x/y:small"
	says 'token'
	expect 0 reg-token --ca-file "$REG_CA" "$REG/x/y:small"
	expect 0 reg-token --insecure "$REG/x/y:small"
}
