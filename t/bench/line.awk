# line.awk - one line about a row of a series, and a record: see report.sh.

function time(v) {
	if (v < 100 && v != int(v))
		return sprintf("%.1f us", v)
	if (v < 1000)
		return sprintf("%d us", v)
	if (v < 100000)
		return sprintf("%.2f ms", v / 1000)
	if (v < 1000000)
		return sprintf("%d ms", v / 1000)
	return sprintf("%.2f s", v / 1000000)
}

function size(v) {
	if (v < 100 && v != int(v))
		return sprintf("%.2f KiB", v)
	if (v < 10000)
		return sprintf("%d KiB", v)
	return sprintf("%.1f MiB", v / 1024)
}

function show(v) {
	if (v == "")
		return "-"
	if (metric == "number")
		return sprintf("%.2f", v)
	return metric == "rss" || metric == "KiB" ? size(v) : time(v)
}

function text(s) {
	gsub(/["\\]/, "\\\\&", s)
	return "\"" s "\""
}

function member(key, v) {
	if (v != "")
		record = record ",\"" key "\":" v
}

BEGIN {
	FS = "\t"
	column["wall"] = 3
	column["cpu"] = 6
	column["rss"] = 8
}

$1 == row {
	runs = $2
	wall = $3
	min = $4
	spread = $5
	cpu = $6
	rss = $8
	if (metric in column)
		ours = $(column[metric])
}

$1 == peer && metric in column {
	theirs = $(column[metric])
}

END {
	if (ours == "") {
		print name ": nothing to say" >"/dev/stderr"
		exit 1
	}
	if (theirs > 0)
		ratio = ours / theirs
	if (kind == "max")
		verdict = ours <= limit ? "ok" : "OVER"
	else if (kind == "x" && ratio != "")
		verdict = ratio <= limit ? "ok" : "OVER"
	if (kind == "x")
		budget = limit " x"
	else if (kind == "max")
		budget = show(limit)
	there = peer == "" || theirs != "" ? show(theirs) : "not here"
	out = sprintf("%-28s %-4s %9s %9s %-10s %5s %9s %-4s", name,
	    metric in column ? metric : "", show(ours), there, peer,
	    ratio == "" ? "-" : sprintf("%.2f", ratio), budget, verdict)
	if (wall != "")
		out = out sprintf(" %9s %9s %9s %9s %9s", time(wall),
		    time(min), time(spread), time(cpu), size(rss))
	sub(/ +$/, "", out)
	print out
	if (verdict == "OVER")
		print name >>"over"
	if (json == "")
		exit
	record = "{\"name\":" text(name) ",\"metric\":\"" metric "\""
	member("ours", ours)
	member("wall", wall)
	member("min", min)
	member("spread", spread)
	member("cpu", cpu)
	member("rss", rss)
	member("runs", runs)
	member("peer", peer == "" ? "" : text(peer))
	member("theirs", theirs)
	if (ratio != "")
		member("ratio", sprintf("%.4f", ratio))
	if (kind != "-")
		member(kind == "x" ? "max_ratio" : "max", limit)
	member("verdict", verdict == "" ? "" : text(verdict))
	print record "}" >>json
}
