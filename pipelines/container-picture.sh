# shellcheck shell=sh
# container-picture.sh: the facts of container-inspect on a screen, or as a picture.
# Sourced by container-inspect.

# What fits 80 columns and, with few layers and processes, 24 lines.
screen() {
	awk -F'\t' '
	function row(title, text) { printf "%-11s%.68s\n", title == last ? "" : title, text; last = title }
	# list TITLE ITEM: as many as fit on two lines, at the end.
	function list(title, item) {
		if (more[title]) return
		if (length(now[title] item) <= 64) now[title] = now[title] (now[title] == "" ? "" : ", ") item
		else if (first[title] == "") { first[title] = now[title] ","; now[title] = item }
		else { now[title] = now[title] ", ..."; more[title] = 1 }
	}
	# What an image or a program is called must not move the cursor.
	{ gsub(/[\001-\010\012-\037\177]/, " "); value[$1] = $2 }
	$1 == "layer" { row("layers", sprintf("%.19s %6s  %s", $2, $4, ++layers == 1 ? "the base" : "")) }
	$1 == "upper" { row("layers", sprintf("%-19s %6s  %s files changed", "upper", $4, $2)) }
	$1 == "directory" {
		row("name", value["name"] ", " value["state"] (value["exit"] == "" ? "" : " (" value["exit"] ")") ", user " value["user"])
		row("image", value["image"]); row("command", value["command"]); row("directory", $2)
		list("network", value["network"])
	}
	$1 == "log" { row($1, $2) }
	$1 == "published" { list("network", $2) }
	$1 == "limit" { bar = ""
		if ($3 ~ /^[0-9]+$/) for (i = 0; i < 20; i++) bar = bar (i < 20 * $4 / $3 ? "#" : ".")
		row("limits", sprintf("%-7s %s of %s %s", $2, $4, $3, bar)) }
	$1 == "namespace" { gsub(/[^0-9]/, "", $3); gsub(/[^0-9]/, "", $4)
		cell = sprintf("%-6s %s %s", $2, $3, $5 == "own" ? "host " $4 : "shared")
		if (left == "") left = cell; else { row("namespaces", sprintf("%-35s%s", left, cell)); left = "" } }
	$1 == "address" && $2 != "lo" { list("addresses", $2 " " $3) }
	$1 == "route" { sub(/ proto.*/, "", $2); sub(/ +$/, "", $2); list("routes", $2) }
	$1 == "mount" { list("mounts", $2 " " $3) }
	END {
		if (left != "") row("namespaces", left)
		n = split("network addresses routes mounts", titles, " ")
		for (i = 1; i <= n; i++) {
			if (first[titles[i]] != "") row(titles[i], first[titles[i]])
			if (now[titles[i]] != "") row(titles[i], now[titles[i]])
		}
		if ("Seccomp" in value) row("rights", "capabilities " substr(value["CapBnd"], 9) ", no_new_privs " value["NoNewPrivs"] ", seccomp mode " value["Seccomp"])
	}'
	[ -z "$init" ] || ps -o pid,user,args --forest --pid "$(pids)" | cut -c1-79
}
dot_picture() {
	awk -F'\t' '
	BEGIN { print "digraph container {\nrankdir=LR; node [shape=box, fontname=monospace]" }
	{ gsub(/[\001-\010\012-\037\177]/, " "); for (i = 1; i <= NF; i++) gsub(/["\\]/, "\\\\&", $i) }
	$1 == "name" { print "c [label=\"" $2 "\", shape=oval]" }
	$1 == "layer" { printf "l%d [label=\"layer %.19s\"]; %s -> l%d [dir=back]\n", ++n, $2, (n > 1 ? "l" (n - 1) : "base"), n }
	$1 == "upper" { printf "u [label=\"upper: %s files\"]; l%d -> u; u -> c\n", $2, n }
	$1 == "namespace" { printf "n%s [label=\"%s\\n%s\", style=%s]; c -> n%s\n", $2, $3, $5, $5 == "own" ? "bold" : "dashed", $2 }
	$1 == "limit" { printf "g%s [label=\"%s.max %s\\nused %s\"]; c -> g%s\n", $2, $2, $3, $4, $2 }
	$1 == "address" { printf "a%d [label=\"%s %s\"]; nnet -> a%d\n", ++a, $2, $3, a }
	END { print "}" }'
}
