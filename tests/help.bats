# What every tool and every pipeline owes its reader.
load helpers

tools() {
	local f
	for f in "$ROOT"/tools/*.c; do
		basename "$f" .c
	done
}

pipelines() {
	local f
	for f in "$ROOT"/pipelines/*; do
		[ ! -f "$f" ] || [ ! -x "$f" ] || basename "$f"
	done
}

# The options that a text names, "-x" or "--name", one a line.
named_options() {
	grep -oE -- '(^|[^[:alnum:]_-])--?[[:alnum:]][[:alnum:]-]*' | grep -oE -- '--?[[:alnum:]].*' | sort -u
}

@test "help: --help is on stdout, ends with 0, fits 80x24" {
	local t bad=0
	for t in $(tools) $(pipelines); do
		run --separate-stderr "$t" --help
		[ "$status" = 0 ] || { echo "$t: status $status"; bad=1; }
		[ -z "$stderr" ] || { echo "$t: stderr: $stderr"; bad=1; }
		[ "${#lines[@]}" -gt 2 ] || { echo "$t: says nothing"; bad=1; }
		[ "$(wc -l <<<"$output")" -le 24 ] || { echo "$t: $(wc -l <<<"$output") lines"; bad=1; }
		! grep -E '^.{81,}' <<<"$output" || { echo "$t: a line over 80 columns"; bad=1; }
		same "$("$t" -h)" "$output" || bad=1
	done
	[ $bad = 0 ]
}

@test "help: --help ends with two examples that name the tool" {
	local t bad=0
	for t in $(tools); do
		[ "$("$t" --help | tail -n 2 | grep -cE "^ +.*\b$t\b")" = 2 ] ||
			{ echo "$t"; "$t" --help | tail -n 3; bad=1; }
	done
	[ $bad = 0 ]
}

@test "help: every option of --help is in the page, and the page's in --help" {
	local t lost bad=0
	cd "$BATS_TEST_TMPDIR"
	for t in $(tools) $(pipelines); do
		"$t" --help | named_options >help
		mandoc -Tutf8 "$ROOT/man/$t.1" | col -bx | named_options >page
		lost=$(grep -e '^--' help | comm -23 - page)
		[ -z "$lost" ] || { echo "$t: not in the page:" "$lost"; bad=1; }
		# What the page defines, of all that it names: .It Fl n , -dry-run
		lost=$(awk '/^\.It Fl/ {
			for (i = 2; i <= NF; i++)
				if ($i ~ /^[A-Z][a-z]$/) flag = $i == "Fl"
				else if (flag && $i ~ /^-?[[:alnum:]]/) print "-" $i
			}' "$ROOT/man/$t.1" | sort -u | comm -23 - help)
		[ -z "$lost" ] || { echo "$t: not in --help:" "$lost"; bad=1; }
	done
	[ $bad = 0 ]
}

@test "help: -V names the tool and the version" {
	local t
	for t in $(tools); do
		[[ $("$t" -V) == "$t (longshore) "[0-9]* ]]
	done
}

@test "help: an unknown option is one message and the usage status" {
	local t want
	for t in $(tools); do
		want=2
		case $t in
		cg-place | exit-hook | net-plumb | ns-exec | ovl-mount | layer-mount) want=125 ;;
		esac
		expect $want "$t" --no-such-option
		[ -z "$output" ]
		[[ $stderr == "$t: "* ]]
	done
}

@test "help: an option behind an operand is said to be in the wrong place" {
	local t
	for t in "reg-token alpine -a pull" "reg-manifest alpine -d" "reg-blob alpine sha256:1 -C store" \
		"reg-push alpine --insecure" "layer-unpack dir -O" "layer-pack dir -z gzip" "seccomp-compile file -H"; do
		# shellcheck disable=SC2086 # a command line
		run --separate-stderr $t </dev/null
		same "$status" 2
		[[ ${stderr_lines[0]} == "${t%% *}: -"*": options go before the operands" ]] || { echo "$stderr"; return 1; }
	done
	[ ! -e dir ]
}

@test "help: what cannot be printed is a failure: -h, -V, and a script of -n" {
	local t o bad=0
	cd "$BATS_TEST_TMPDIR"
	mkdir -p d
	for t in "layer-unpack -O new" "layer-pack d" "layer-mount l d" "ovl-mount -l d d" \
		"ovl-mount -d d" "ovl-mount -r -l d d true" "ns-exec --uts true" "net-plumb x true" \
		"exit-hook true true" "reg-manifest x" "image-plan d x" seccomp-compile; do
		for o in -h -V -n; do
			# shellcheck disable=SC2086
			set -- $t
			! bash -c '"$@" >/dev/full 2>err' sh "$1" "$o" "${@:2}" || { echo "$t $o: 0"; bad=1; }
			[[ $(<err) == "$1: write to standard output: "* ]] || { echo "$t $o: $(<err)"; bad=1; }
		done
	done
	[ $bad = 0 ]
}

@test "help: nothing is coloured when it is no terminal" {
	local t
	for t in $(tools) $(pipelines); do
		! "$t" --help 2>&1 | grep -q $'\e'
		! "$t" --no-such-option 2>&1 </dev/null | grep -q $'\e'
	done
}

@test "help: every page has EXAMPLES, BY HAND and EXIT STATUS" {
	local t s bad=0
	for t in $(tools); do
		for s in EXAMPLES 'BY HAND' 'EXIT STATUS' 'SEE ALSO'; do
			grep -qx ".Sh $s" "$ROOT/man/$t.1" || { echo "$t: no $s"; bad=1; }
		done
	done
	[ $bad = 0 ]
}

@test "help: bash completes the options of every tool and pipeline" {
	local t bad=0
	for t in $(tools) $(pipelines); do
		[ "$t" != container-prepare ] || continue
		# shellcheck disable=SC2016
		[[ " $(bash -c '. "$1" && complete -p "$2" >/dev/null && COMP_WORDS=("$2" --h) COMP_CWORD=1 &&
			_longshore && echo "${COMPREPLY[*]}"' _ "$ROOT/pipelines/completion.bash" "$t") " == *' --help '* ]] ||
			{ echo "$t"; bad=1; }
	done
	[ $bad = 0 ]
}
